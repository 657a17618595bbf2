import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RecordedEvent } from '#domain';
import type { ProjectionSource } from '#read-model';
import { createEmpty, isCurrent, removeDatabase, SqliteReadModel } from '#read-model';
import type { SqliteEventStore } from '#event-store/sqlite';
import type { RebuildDone, RebuildOrder } from './rebuild-worker.js';

const RETRY_MS = 1_000;
const GRACE_MS = 5_000;

/** What a rebuild came to. */
export interface Rebuilt {
  readonly events: number;
  readonly position: number;
  readonly seconds: number;
}

/**
 * The read model in force, in a file of its own under the data folder. A rebuild goes into a new file beside it, while
 * the old one answers; then they are swapped. Which file is in force is said by its number: the highest whole one.
 */
export class ReadSide {
  #rebuilding: Promise<Rebuilt> | undefined;
  /** Commits that could not be projected when they were made: caught up with later. */
  #isBehind = false;
  readonly #leaving = new Set<{ close(): Promise<void>; timer: NodeJS.Timeout }>();

  private constructor(
    private readonly folder: string,
    private readonly eventsPath: string,
    private readonly store: SqliteEventStore,
    private readonly source: ProjectionSource,
    private number: number,
    private model: SqliteReadModel,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Opens the newest read model and brings it up to date; builds one where there is none, or none of this version. */
  static async open(
    folder: string,
    eventsPath: string,
    store: SqliteEventStore,
    on: { rebuild(): void; fault(error: unknown): void },
  ): Promise<ReadSide> {
    const source: ProjectionSource = {
      streamBefore: (stream, revision) => store.streamOf(stream, 0, revision),
      readBlob: hash => store.blob(hash),
    };
    const whole = numbersIn(folder).filter(number => isCurrent(pathOf(folder, number)));
    const newest = whole.at(-1);
    for (const number of numbersIn(folder)) if (number !== newest) removeDatabase(pathOf(folder, number));
    // One that is damaged is as good as none: everything in it is in the events, too.
    const model = newest === undefined ? undefined : await openModel(pathOf(folder, newest), source);
    if (newest !== undefined && model) {
      const side = new ReadSide(folder, eventsPath, store, source, newest, model, on.fault);
      if (await side.#belongsToStore()) {
        await side.#catchUp(model);
        return side;
      }
      await model.close();
      // The events are not those this was made of: a backup was put back. Positions of before are void.
      store.beginGeneration();
    }
    on.rebuild();
    const next = (newest ?? 0) + 1;
    await build(pathOf(folder, next), eventsPath);
    const built = await SqliteReadModel.open(pathOf(folder, next), source);
    const side = new ReadSide(folder, eventsPath, store, source, next, built, on.fault);
    await side.#catchUp(built);
    if (newest !== undefined) removeDatabase(pathOf(folder, newest));
    return side;
  }

  get current(): SqliteReadModel {
    return this.model;
  }

  /** In the commit's own turn: whoever is told of the commit reads what it wrote. Never throws. */
  readonly apply = (events: readonly RecordedEvent[]): void => {
    if (this.#isBehind) return;
    try {
      this.model.apply(events);
    } catch (error) {
      this.#isBehind = true;
      this.onFault(error);
      this.#retry();
    }
  };

  /** Everything that is in the store is in the rows. */
  get isUpToDate(): boolean {
    return !this.#isBehind;
  }

  nodesIn(...states: readonly string[]): number {
    return this.model.nodesIn(states);
  }

  /** Rows are written in the turn of the commit: whoever knows of one reads it. */
  async reached(): Promise<void> {}

  async caughtUp(): Promise<void> {}

  /** Builds the read model anew beside the one in force and puts it in its place. One at a time. */
  rebuild(): Promise<Rebuilt> {
    this.#rebuilding ??= this.#rebuild().finally(() => (this.#rebuilding = undefined));
    return this.#rebuilding;
  }

  async close(): Promise<void> {
    await this.#rebuilding?.catch(() => undefined);
    await Promise.all([...this.#leaving].map(old => old.close()));
    await this.model.close();
  }

  /** The disk may have been full, or another process at the file: tried again until it works. */
  #retry(): void {
    setTimeout(() => {
      void this.#catchUp(this.model).then(
        () => (this.#isBehind = false),
        () => this.#retry(),
      );
    }, RETRY_MS).unref();
  }

  /** Reads that began on the old one end on it. */
  #leave(number: number, model: SqliteReadModel): void {
    const leaving = {
      close: async () => {
        clearTimeout(leaving.timer);
        this.#leaving.delete(leaving);
        await model.close();
        removeDatabase(pathOf(this.folder, number));
      },
      timer: setTimeout(() => void leaving.close(), GRACE_MS).unref(),
    };
    this.#leaving.add(leaving);
  }

  async #rebuild(): Promise<Rebuilt> {
    const began = performance.now();
    const next = this.number + 1;
    const { events } = await build(pathOf(this.folder, next), this.eventsPath);
    const model = await SqliteReadModel.open(pathOf(this.folder, next), this.source);
    await this.#catchUp(model);
    const old = { number: this.number, model: this.model };
    this.model = model;
    this.number = next;
    this.#leave(old.number, old.model);
    return { events, position: model.position, seconds: (performance.now() - began) / 1000 };
  }

  /** Ends in the turn in which the head was reached, so that nothing is committed between this and the swap. */
  async #catchUp(model: SqliteReadModel): Promise<void> {
    for (;;) {
      const { events, atHead } = this.store.pageOf(model.position, 2_000);
      if (events.length > 0) model.apply(events);
      if (atHead) return;
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  async #belongsToStore(): Promise<boolean> {
    const { position, lastEventId } = this.model;
    if (position === 0) return true;
    const { events } = this.store.pageOf(position - 1, 1);
    return events[0]?.position === position && events[0].id === lastEventId;
  }
}

const openModel = async (path: string, source: ProjectionSource): Promise<SqliteReadModel | undefined> => {
  try {
    return await SqliteReadModel.open(path, source);
  } catch {
    return undefined;
  }
};

const pathOf = (folder: string, number: number): string => join(folder, `read-model.${number}.sqlite`);

const numbersIn = (folder: string): number[] =>
  readdirSync(folder)
    .map(file => /^read-model\.(\d+)\.sqlite$/.exec(file)?.[1])
    .filter(number => number !== undefined)
    .map(Number)
    .sort((a, b) => a - b);

/** In a thread of its own: requests are answered meanwhile. */
const build = async (path: string, eventsPath: string): Promise<RebuildDone> => {
  await createEmpty(path);
  const order: RebuildOrder = { path, eventsPath };
  const worker = new Worker(new URL('./rebuild-worker.js', import.meta.url), { workerData: order });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the rebuild ended early (${code})`)));
  });
};
