import { appendToKurrentDb } from './append-kurrentdb.js';
import { appendToPostgres } from './append-postgres.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { onEngines } from './engines-under-test.js';
import { failOver } from './fail-over.js';
import { moves } from './moves.js';
import { scaleOut } from './scale-out.js';
import { percentile, wakeUps } from './wake-ups.js';

/** All values of each measure, by measure and unit: those of `marks`. */
export type Values = Readonly<Record<string, readonly number[]>>;

type Phase = (isQuick: boolean) => Promise<Values>;

const rounds = (isQuick: boolean): number => (isQuick ? 1 : 3);

const appends = async (
  of: string,
  append: typeof appendToPostgres,
  events: number,
  sizes: readonly number[],
  isQuick: boolean,
): Promise<Values> =>
  onEngines(async engines => {
    const values: Record<string, readonly number[]> = {};
    for (const underWay of sizes) {
      const rates = await append(engines, {
        events: isQuick ? events / 4 : events,
        underWay,
        rounds: isQuick ? 2 : 5,
      });
      const [bare, store, commands] = ['bare', 'store', 'commands'].map(name => rates.get(name)!) as [
        number[],
        number[],
        number[],
      ];
      const share = (some: readonly number[]) => some.map((rate, round) => (100 * rate) / bare[round]!);
      const name = `${of}, ${underWay} under way`;
      values[`${name}: bare client|events/s`] = bare;
      values[`${name}: event store|events/s`] = store;
      values[`${name}: event store|% of bare`] = share(store);
      values[`${name}: load, decide, append|commands/s`] = commands;
      values[`${name}: load, decide, append|% of bare`] = share(commands);
    }
    return values;
  });

const delaysOn = async (
  of: string,
  eventStore: (engines: EnginesUnderTest) => string,
  isQuick: boolean,
): Promise<Values> => {
  const pace = { perSecond: 500, seconds: isQuick ? 5 : 20, rounds: rounds(isQuick) };
  const delays = await onEngines(engines => wakeUps(engines, eventStore(engines), pace));
  const name = `wake-up, 500 events/s, ${of}`;
  return {
    [`${name}: median|ms`]: delays.map(some => percentile(some, 0.5)),
    [`${name}: 99 %|ms`]: delays.map(some => percentile(some, 0.99)),
  };
};

const deaths = async (sessionSeconds: number, isQuick: boolean): Promise<Values> => {
  const kills = isQuick ? 1 : 6;
  const times = await onEngines(engines => failOver(engines, { sessionSeconds, nodes: 30, kills }));
  const name = `conductor killed, session of ${sessionSeconds} s`;
  return {
    [`${name}: first node goes on|s`]: times.map(({ first }) => first),
    [`${name}: last node goes on|s`]: times.map(({ last }) => last),
  };
};

/** By the names that `--only` takes. Each has engines of its own, and most fit into five minutes. */
export const phases: Readonly<Record<string, Phase>> = {
  'append-postgres': isQuick => appends('PostgreSQL', appendToPostgres, 20_480, [512, 1024], isQuick),
  'append-kurrentdb': isQuick => appends('KurrentDB', appendToKurrentDb, 4_096, [32, 256], isQuick),
  'wake-ups-kurrentdb': isQuick => delaysOn('KurrentDB', ({ kurrentDb }) => kurrentDb, isQuick),
  'wake-ups-postgres': isQuick => delaysOn('PostgreSQL', ({ postgres }) => postgres, isQuick),
  'deaths-3s': isQuick => deaths(3, isQuick),
  'deaths-6s': isQuick => deaths(6, isQuick),
  async moves(isQuick) {
    const { joining, leaving } = await onEngines(engines => moves(engines, rounds(isQuick)));
    return {
      'a conductor joins: partitions moved|1/N': joining,
      'a conductor leaves: partitions moved|1/N': leaving,
    };
  },
  async 'scale-out'(isQuick) {
    const deployments = isQuick ? 100 : 1_000;
    const { one, four } = await onEngines(engines => scaleOut(engines, { deployments, stepSeconds: 1, workers: 10 }));
    return {
      'deployments: one conductor|s': [one],
      'deployments: four conductors|s': [four],
      'deployments: four|% of one': [(100 * four) / one],
    };
  },
};
