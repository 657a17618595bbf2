import type Database from 'better-sqlite3';
import type { Chassis, ConductorRecord, Node, RecordedEvent } from '#domain';
import { absentNode, chassisAggregate, conductorAggregate, evolve, foldNode, uuidOfNodeStream } from '#domain';
import type { ReadBlob } from './blobs.js';
import { historyEntry } from './history/history-entries.js';
import type { HistoryRow } from './schema/entities.js';
import { RowWriter } from './writer.js';

/** Reads of the event store that a projection needs; SQLite answers them in the call. */
export interface ProjectionSource {
  /** Events of a stream up to a revision, that one not included. */
  streamBefore(stream: string, revision: number): readonly RecordedEvent[];
  readonly readBlob: ReadBlob;
}

/** How the names of the streams begin that make rows. */
export const PROJECTED = ['node-', 'chassis-', 'conductor-'] as const;

/** Folds kept between batches. */
const KEPT_FOLDS = 1_000;

/** Another projector wrote to the same tables. */
export class CheckpointMoved extends Error {}

interface Touched<State> {
  readonly before: State;
  after: State;
}

/**
 * Events into rows. A batch and its checkpoint are one transaction, taken only where the checkpoint is the one it was
 * read as. Rows are a function of the events alone: dropping them and building them anew gives the same bytes.
 */
export class Projection {
  readonly #folds = new Map<string, Node>();
  readonly #writer: RowWriter;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #moveCheckpoint: Database.Statement;
  #position: number;

  constructor(
    private readonly database: Database.Database,
    private readonly source: ProjectionSource,
  ) {
    this.#writer = new RowWriter(database, source.readBlob);
    database.prepare(`INSERT OR IGNORE INTO checkpoints (projection, position, event_id) VALUES ('all', 0, '')`).run();
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#moveCheckpoint = database.prepare(
      `UPDATE checkpoints SET position = ?, event_id = ? WHERE projection = 'all' AND position = ?`,
    );
    this.#position = database
      .prepare(`SELECT position FROM checkpoints WHERE projection = 'all'`)
      .pluck()
      .get() as number;
  }

  get position(): number {
    return this.#position;
  }

  /** All events up to this position are in the rows. Those at or below the checkpoint are passed over. */
  readonly apply = (events: readonly RecordedEvent[]): void => {
    const news =
      events[0] && events[0].position > this.#position
        ? events
        : events.filter(({ position }) => position > this.#position);
    const last = news.at(-1);
    if (!last) return;
    this.#begin.run();
    try {
      this.#project(news);
      if (this.#moveCheckpoint.run(last.position, last.id, this.#position).changes !== 1)
        throw new CheckpointMoved('another projector has moved the checkpoint of this read model');
      this.#commit.run();
    } catch (error) {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      this.#folds.clear();
      throw error;
    }
    this.#position = last.position;
  };

  /** A whole stream at once, into tables without indexes: the transaction and the checkpoint are the caller's. */
  wholeStream(stream: string, events: readonly RecordedEvent[]): void {
    if (events.length > 0) this.#project(events, stream);
  }

  #project(events: readonly RecordedEvent[], only?: string): void {
    const nodes = new Map<string, Touched<Node>>();
    const chassis = new Map<string, Touched<Chassis>>();
    const conductors = new Map<string, Touched<ConductorRecord>>();
    const history: HistoryRow[] = [];
    for (const event of events) {
      const { stream } = event;
      if (stream.startsWith('node-')) {
        const node = (nodes.get(stream) ?? this.#touch(nodes, stream, this.#nodeBefore(event, only)))!;
        const entry = historyEntry(event, node.after);
        node.after = evolve(node.after, event);
        if (entry) history.push(entry);
      } else if (stream.startsWith('chassis-')) {
        const one =
          chassis.get(stream) ?? this.#touch(chassis, stream, this.#fold(chassisAggregate, event, 'chassis-'));
        one.after = chassisAggregate.evolve(one.after, event);
      } else if (stream.startsWith('conductor-')) {
        const one =
          conductors.get(stream) ??
          this.#touch(conductors, stream, this.#fold(conductorAggregate, event, 'conductor-'));
        one.after = conductorAggregate.evolve(one.after, event);
      }
    }
    const isGone = new Set<string>();
    for (const { before, after } of nodes.values()) {
      this.#writer.node(before, after);
      if (only === undefined) this.#keep(after);
      if (!after.present) isGone.add(after.uuid);
    }
    // Entries of a node that is gone go with it; those of an earlier incarnation went with that.
    const entries = history.filter(
      entry => !isGone.has(entry.node_uuid) && entry.id >= nodes.get(`node-${entry.node_uuid}`)!.after.enrolledAt,
    );
    if (only === undefined) this.#writer.history(entries);
    else this.#writer.wholeHistory(entries);
    for (const { before, after } of chassis.values()) this.#writer.chassis(before, after);
    for (const { after } of conductors.values()) this.#writer.conductor(after);
  }

  #touch<State>(touched: Map<string, Touched<State>>, stream: string, before: State): Touched<State> {
    const entry = { before, after: before };
    touched.set(stream, entry);
    return entry;
  }

  #nodeBefore(event: RecordedEvent, only: string | undefined): Node {
    const uuid = uuidOfNodeStream(event.stream);
    if (only !== undefined || event.revision === 0) return absentNode(uuid);
    const kept = this.#folds.get(uuid);
    if (kept && kept.revision === event.revision - 1) return kept;
    return foldNode(uuid, this.source.streamBefore(event.stream, event.revision));
  }

  #fold<State>(
    aggregate: { initial(id: string): State; evolve(state: State, event: RecordedEvent): State },
    { stream, revision }: RecordedEvent,
    prefix: string,
  ): State {
    const initial = aggregate.initial(stream.slice(prefix.length));
    if (revision === 0) return initial;
    return this.source.streamBefore(stream, revision).reduce((state, event) => aggregate.evolve(state, event), initial);
  }

  #keep(node: Node): void {
    this.#folds.delete(node.uuid);
    this.#folds.set(node.uuid, node);
    if (this.#folds.size > KEPT_FOLDS) this.#folds.delete(this.#folds.keys().next().value!);
  }
}
