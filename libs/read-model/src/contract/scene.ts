import type { RecordedEvent } from '#domain';
import type { SqliteEventStore } from '#event-store/sqlite';
import type { House } from '#testing';
import type { ReadModel } from '../read-model.js';

/** The events that a read model is made of. */
export type Events = Pick<SqliteEventStore, 'identity' | 'streamOf' | 'blob'>;

/** Read models of one kind of database, for contracts. */
export interface ReadModelScene {
  /** One by this name, of these events; opened again, it goes on from where it was. */
  open(events: Events, name: string): Promise<Projected>;
  /** What one says that was built anew from all events of the house. */
  rebuilt(house: House): Promise<Tables>;
  close(): Promise<void>;
}

/** Every row of every table, by key, blobs in hex. */
export type Tables = Record<string, unknown[]>;

export interface Projected {
  readonly model: ReadModel;
  readonly position: number;
  apply(events: readonly RecordedEvent[]): void | Promise<void>;
  /** Also when it is closed. */
  dump(): Promise<Tables>;
  close(): Promise<void>;
}
