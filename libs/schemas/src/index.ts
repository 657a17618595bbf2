export { EventNotValid, EventRegistry, ownSchemas } from './event-registry.js';
export { type JsonSchema, readSchema, readSchemas, schemasFolder } from './read.js';
