export { explained, isOfItsContent, isRefusal, isUnreachable } from './errors.js';
