import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type {
  BlobStore,
  EventFilter,
  EventStore,
  ExpectedRevision,
  NewEvent,
  RecordedEvent,
  StreamAppend,
} from '#domain';
import { anEvent } from '#testing';

export interface StoreUnderTest {
  readonly store: EventStore & BlobStore;
  /** Closes the store and opens it again on the same content: as after a restart. */
  reopen(): Promise<EventStore & BlobStore>;
  /** Closes what is open and takes away what it was made of. */
  dispose(): Promise<void>;
}

/** One store for the tests of a part, and streams that no other test has. */
export class Scene {
  #under: StoreUnderTest | undefined;
  #streams = '';
  #test = 0;
  /** Head of the store when the test began: it may not have been empty. */
  start = 0;

  constructor(makeStore: () => Promise<StoreUnderTest>, timeoutMs: number) {
    const run = randomUUID().slice(0, 8);
    beforeAll(async () => {
      this.#under = await makeStore();
    }, timeoutMs);
    afterAll(() => this.#under?.dispose(), timeoutMs);
    beforeEach(async () => {
      this.#streams = `${run}-${++this.#test}-`;
      this.start = await this.store.head();
    });
  }

  get store(): EventStore & BlobStore {
    return this.#under!.store;
  }

  /** A stream of this test. */
  stream(name: string): string {
    return `${this.#streams}${name}`;
  }

  /** Passes the events of this test alone. */
  get mine() {
    return { streams: [this.#streams] };
  }

  append(name: string, expected: ExpectedRevision, ...events: NewEvent[]): Promise<readonly RecordedEvent[]> {
    return this.store.append([this.to(name, expected, ...events)]);
  }

  to(name: string, expected: ExpectedRevision, ...events: NewEvent[]): StreamAppend {
    return { stream: this.stream(name), expected, events };
  }

  /** Fills a stream with so many events, ids `<name>-0` and on, all in one append. */
  async fill(name: string, count: number, type = 'Tested'): Promise<readonly RecordedEvent[]> {
    const events = Array.from({ length: count }, (_, index) => anEvent(`${name}-${index}`, { type }));
    return this.append(name, 'no stream', ...events);
  }

  /** Every event of this test by the order of the whole store. */
  all(limit = 100): Promise<RecordedEvent[]> {
    return this.#read(this.start, limit, this.mine);
  }

  /** And those of others. */
  everything(): Promise<RecordedEvent[]> {
    return this.#read(0, 1_000);
  }

  async #read(after: number, limit: number, filter?: EventFilter): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let position = after; ;) {
      const page = await this.store.readAll(position, limit, filter);
      events.push(...page.events);
      if (page.atHead) return events;
      position = page.position;
    }
  }
}

export const idsOf = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id);
