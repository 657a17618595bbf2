export * from './open-boot-services.js';
