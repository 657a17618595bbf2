import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '#domain';
import { uuidOfNodeStream } from '#domain';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import { PostgresEventStore } from '#event-store/postgres';
import { until } from '../../engines/fleet-member.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { aMember } from './fleet.js';
import { realClock } from './real-clock.js';
import { aNewStream } from './some-events.js';
import type { WakeUp } from './wake-up-process.js';

const PROCESS = join(import.meta.dirname, 'wake-up-process.js');

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** Milliseconds of each wake-up, ascending, round by round. */
export type Delays = readonly (readonly number[])[];

/**
 * From the moment that an event's append is asked for to the moment that a conductor's handler is called: through the
 * store, a relay as it ships in a process of its own, Kafka, and a member of the work log in another process.
 */
export const wakeUps = async (engines: EnginesUnderTest, eventStore: string, pace: Pace): Promise<Delays> => {
  const store = await openStore(eventStore);
  const relay = await aMember(engines, 'relay-1', 'relay', { FERROLOG_EVENT_STORE: eventStore });
  await relay.start();
  await relay.ready();
  const conductor = fork(PROCESS, [engines.brokers.join(',')]);
  const woken = new Map<string, number>();
  try {
    await once(conductor, 'message');
    conductor.on('message', wakeUps => {
      for (const { key, atMs } of wakeUps as WakeUp[]) woken.set(key, atMs);
    });
    // The first one finds the way: the relay makes its topic known, connections are opened, code is compiled.
    await round(store, woken, { ...pace, seconds: 3 });
    const delays: number[][] = [];
    for (let run = 0; run < pace.rounds; run++) delays.push(await round(store, woken, pace));
    return delays;
  } finally {
    conductor.kill('SIGTERM');
    await once(conductor, 'exit');
    await relay.stop();
    await store.close();
  }
};

const openStore = (address: string): Promise<EventStore> =>
  /^postgres/.test(address)
    ? PostgresEventStore.open({ url: address })
    : KurrentDbEventStore.connect({ connectionString: address, clock: realClock });

/** One event after another at an even pace, whether or not the ones before have arrived. */
const round = async (store: EventStore, woken: Map<string, number>, { perSecond, seconds }: Pace) => {
  const asked = new Map<string, number>();
  const appends: Promise<unknown>[] = [];
  const began = nowMs();
  while (asked.size < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, Math.floor(((nowMs() - began) * perSecond) / 1000) + 1);
    while (asked.size < due) {
      const append = aNewStream();
      asked.set(uuidOfNodeStream(append.stream), nowMs());
      appends.push(store.append([append]));
    }
    await sleep(1);
  }
  await Promise.all(appends);
  await until(() => [...asked.keys()].every(key => woken.has(key)), 'the last wake-ups');
  return [...asked].map(([key, atMs]) => woken.get(key)! - atMs).sort((a, b) => a - b);
};

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))]!;
