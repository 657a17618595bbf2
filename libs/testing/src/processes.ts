import { join } from 'node:path';

/** Script of a process that is made to be killed: its arguments are the file of an event store and a name for its run. */
export const dyingWriter = join(import.meta.dirname, 'dying-writer.js');
