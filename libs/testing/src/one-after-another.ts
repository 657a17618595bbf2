import type { BlobStore, EventStore, Page, RecordedEvent, StreamAppend } from '#domain';
import { OutcomeUnknown } from '#domain';
import { serialise } from '#event-store/sqlite';

/** The process is gone: nobody catches this. */
export class ProcessDied extends Error {}

/** What happens around the append to one stream of a call, by its place in the call. */
export interface Interference {
  /** Before it is written: may wait, or throw. */
  before?(append: StreamAppend, place: number): Promise<void> | void;
  /** After it is durable, before anybody is told. */
  after?(append: StreamAppend, place: number): Promise<void> | void;
}

/**
 * A store that cannot append to several streams at once, made of one that can: each stream by itself, in the order of
 * the call, as the port allows (design 2). Tests come in between.
 */
export class OneAfterAnother implements EventStore {
  readonly atomicAcrossStreams = false;
  interference: Interference = {};

  constructor(private readonly inner: EventStore & BlobStore) {}

  get identity() {
    return this.inner.identity;
  }

  async append(given: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    serialise(given);
    const appends = structuredClone(given);
    const events: RecordedEvent[] = [];
    for (const [place, append] of appends.entries()) {
      await this.interference.before?.(append, place);
      events.push(...(await this.inner.append([append])));
      await this.interference.after?.(append, place);
    }
    return events;
  }

  readStream(stream: string, from?: number, limit?: number): Promise<readonly RecordedEvent[]> {
    return this.inner.readStream(stream, from, limit);
  }

  readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]> {
    return this.inner.readStreamBackwards(stream, limit);
  }

  readAll(...args: Parameters<EventStore['readAll']>): Promise<Page> {
    return this.inner.readAll(...args);
  }

  head(): Promise<number> {
    return this.inner.head();
  }

  positionAt(instant: string): Promise<number> {
    return this.inner.positionAt(instant);
  }

  subscribeToAll(...args: Parameters<EventStore['subscribeToAll']>): AsyncIterable<Page> {
    return this.inner.subscribeToAll(...args);
  }

  put: BlobStore['put'] = content => this.inner.put(content);
  get: BlobStore['get'] = reference => this.inner.get(reference);

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** Dies when so many streams of a call are written. */
export const diesAfter = (streams: number): Interference => ({
  before: (_append, place) => {
    if (place >= streams) throw new ProcessDied();
  },
  after: (_append, place) => {
    if (place + 1 >= streams) throw new ProcessDied();
  },
});

/** Loses so many answers, of appends that were written and of some that were not. */
export const losesAnswers = (count: number): Interference => {
  let left = count;
  const lose = () => {
    if (left > 0 && left-- > 0) throw new OutcomeUnknown('the connection broke');
  };
  return { before: (_append, place) => (place === 0 && left % 2 === 0 ? lose() : undefined), after: lose };
};
