import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the package; goes into the metadata of every event. */
export const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')) as { version: string }
).version;
