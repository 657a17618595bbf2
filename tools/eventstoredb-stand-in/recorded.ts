import type { LoggedEvent } from './event-log.js';
import type { ReadAnswer } from './protocol.js';
import { wireUuid } from './uuid.js';

/** An event as one message of a read. */
export const foundOf = (event: LoggedEvent, asHalves: boolean): ReadAnswer => {
  const position = String(event.position);
  return {
    event: {
      event: {
        id: wireUuid(event.id, asHalves),
        stream: { name: Buffer.from(event.stream) },
        revision: String(event.revision),
        prepare: position,
        commit: position,
        properties: { type: event.type, created: String(event.created), 'content-type': event.contentType },
        metadata: event.metadata,
        data: event.data,
      },
      commit: position,
    },
  };
};
