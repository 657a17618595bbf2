export * from './boot-files/boot-contents.js';
export * from './boot-files/loaders.js';
export * from './boot-files/prepared-boots.js';
export * from './content.js';
export * from './files/download.js';
export * from './files/file-cache.js';
export * from './files/holdings.js';
export * from './http/http-server.js';
