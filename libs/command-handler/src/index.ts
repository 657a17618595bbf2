export * from './cause.js';
export * from './command-handler.js';
export { eventId, keyedCommandId, uuidV5 } from './identity.js';
export { Content, isBlob, MASK } from './node/content.js';
export { nodePreparation } from './node/prepare-node-command.js';
export { Repository } from './repository.js';
