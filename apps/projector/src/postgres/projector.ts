import type { Clock, EventStore } from '#domain';
import { Follower } from '#event-store/follower';
import type { Duty, Pool } from '#postgres';
import { asTheOnlyOne } from '#postgres';
import { CheckpointMoved, READ_MODEL_VERSION } from '#read-model';
import type { EventSource, Generations } from '#read-model/postgres';
import { PostgresProjection } from '#read-model/postgres';

export interface ProjectorPorts {
  readonly url: string;
  readonly pool: Pool;
  readonly generations: Generations;
  readonly store: EventSource & Pick<EventStore, 'subscribeToAll'>;
  readonly clock: Clock;
  readonly onBreak: (error: unknown) => void;
}

/** Follows the store into the generation in force, in one process of all; the checkpoint is the fence between them. */
export const projector = ({ url, pool, generations, store, clock, onBreak }: ProjectorPorts): Duty => {
  const openProjection = async () => {
    const current = await generations.current();
    if (!current) throw new Error('there are no rows of these events');
    return new PostgresProjection(pool, current, store);
  };
  const begin = () => {
    let projection: PostgresProjection;
    return new Follower({
      store,
      clock,
      filter: {},
      checkpoint: {
        async get() {
          projection = await openProjection();
          return projection.position;
        },
        // It is moved with the rows.
        set: () => undefined,
      },
      async handle(events) {
        const before = projection.position;
        try {
          await projection.apply(events);
        } catch (error) {
          if (!(error instanceof CheckpointMoved)) throw error;
          // Another generation is in force, which is at least as far: it goes on from here.
          const next = await openProjection();
          if (next.position < before) throw error;
          await next.apply(events);
          projection = next;
        }
      },
      onBreak,
    });
  };
  const database = { url, name: 'ferrolog projector' };
  return asTheOnlyOne({ database, name: `ferrolog_read projector ${READ_MODEL_VERSION}`, begin, onBreak });
};
