import type { EventMetadata, RecordedEvent } from '#domain';
import { isoOf, upcast } from '#domain';

/** A row as SQLite gives it. */
export interface Row {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly recorded: number;
  readonly data: string;
  readonly metadata: string;
}

/** The event of a row, as today's code knows it. */
export const recordedEvent = (row: Row): RecordedEvent => upcast(new StoredEvent(row));

/** An event off the disk. Parsed only where somebody looks: followers that filter look at a fraction. */
class StoredEvent implements RecordedEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly #row: Row;
  #data: object | undefined;
  #metadata: EventMetadata | undefined;
  #recorded: string | undefined;

  constructor(row: Row) {
    this.#row = row;
    ({ position: this.position, stream: this.stream, revision: this.revision, id: this.id, type: this.type } = row);
  }

  get data(): object {
    return (this.#data ??= JSON.parse(this.#row.data) as object);
  }

  get metadata(): EventMetadata {
    return (this.#metadata ??= JSON.parse(this.#row.metadata) as EventMetadata);
  }

  get recorded(): string {
    return (this.#recorded ??= isoOf(this.#row.recorded));
  }

  toJSON(): RecordedEvent {
    const { position, stream, revision, id, type, data, metadata, recorded } = this;
    return { position, stream, revision, id, type, data, metadata, recorded };
  }
}
