import type { Pool } from '#postgres';
import { takeLock } from '#postgres';
import { READ_MODEL_VERSION } from '../schema/migrations.js';
import type { Generation, Generations } from './generations.js';
import type { EventSource } from './projection.js';
import { PostgresProjection } from './projection.js';

const PAGE = 2_000;
/** More than the ordinary projection keeps: events of all nodes come by. */
const KEPT_FOLDS = 10_000;

export interface BuildOptions {
  readonly url: string;
  readonly pool: Pool;
  readonly generations: Generations;
  readonly source: EventSource;
  /** Asked when it is its turn: somebody else may have built one meanwhile. */
  readonly isWanted?: (current: Generation | undefined) => boolean;
}

/**
 * Builds a generation from the events, beside the one in force, brings it up to date, and puts it in force. Only one at
 * a time is built, whichever process does it; the others wait.
 */
export const buildGeneration = async (
  options: BuildOptions,
): Promise<{ readonly events: number; readonly position: number }> =>
  underLock(options.url, async () => {
    const { generations, pool, source, isWanted = () => true } = options;
    await generations.dropLeftovers();
    const current = await generations.current();
    if (!isWanted(current)) return { events: 0, position: current?.position ?? 0 };
    const made = await generations.create();
    const projection = new PostgresProjection(pool, made, source, KEPT_FOLDS);
    let events = 0;
    const catchUp = async () => {
      for (;;) {
        const page = await source.readAll(projection.position, PAGE);
        await projection.apply(page.events);
        events += page.events.length;
        if (page.atHead) return;
      }
    };
    await catchUp();
    await generations.putInForce(made.number, async position => {
      while (projection.position < position) await catchUp();
    });
    return { events, position: projection.position };
  });

/** Drops what is not read any more. */
export const dropLeftovers = (url: string, generations: Generations, graceMs?: number): Promise<void> =>
  underLock(url, () => generations.dropLeftovers(graceMs));

const underLock = async <T>(url: string, work: () => Promise<T>): Promise<T> => {
  const lock = await takeLock(
    { url, name: 'ferrolog read model: builder' },
    `ferrolog_read build ${READ_MODEL_VERSION}`,
  );
  try {
    return await work();
  } finally {
    await lock!.release();
  }
};
