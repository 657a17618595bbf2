export * from './images/temp-url.js';
export * from './open-boot-services.js';
