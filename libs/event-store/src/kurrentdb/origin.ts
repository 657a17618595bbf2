import type { StoreIdentity } from '#domain';
import type { Origin } from '../import-target.js';
import type { Reader } from './reading.js';
import { positionOf } from './envelope.js';
import { IMPORT_STREAM } from './reserved.js';

/** Of {@link IMPORT_STREAM}: that it was begun, and that all is there. */
export const BEGUN = 'ImportBegun';
export const FINISHED = 'ImportFinished';

/** From which store the events of this one were moved. */
export const originIn = async (reader: Reader): Promise<Origin | undefined> => {
  const [last] = await reader.streamBackwards(IMPORT_STREAM, 1);
  if (!last) return undefined;
  const { storeId, generation } = last.data as unknown as StoreIdentity;
  // Positions are bytes of the log here: whatever was appended before this was moved.
  return { storeId, generation, upTo: positionOf(last), isComplete: last.type === FINISHED };
};
