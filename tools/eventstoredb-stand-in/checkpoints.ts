import type { LoggedEvent } from './event-log.js';
import type { WireFilter, WirePosition } from './protocol.js';

/** Events examined between two checkpoints for each of the client's intervals, if it names no window. */
const WINDOW = 32;

/** Tells a filtered subscriber how far the server has looked. */
export class Checkpoints {
  readonly #every: number;
  #examined = 0;

  constructor({ max, checkpointEvery }: WireFilter) {
    this.#every = (max || WINDOW) * (checkpointEvery || 1);
  }

  /**
   * @param isPlace whether the event's own position is named; else that of the following record, as the place to look
   *   at next, which a prepare position of 0 tells
   */
  after(event: LoggedEvent, isPlace: boolean, following: bigint): WirePosition | undefined {
    if (++this.#examined % this.#every !== 0) return undefined;
    const position = String(event.position);
    return isPlace ? { commit: position, prepare: position } : { commit: String(following), prepare: '0' };
  }
}
