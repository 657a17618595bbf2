import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, type WorkLog, type WorkMembership, workTopic } from '#domain';
import { assign } from '#hash-ring';
import { type RunningKafka, startKafka } from '../../../../tools/engines/kafka/start-kafka.js';
import { recordingMember } from '../recording-member.js';
import type { WorkLogFault } from '../work-log-options.js';
import { type KafkaWorkLogOptions, kafkaClient } from './kafka-options.js';
import { kafkaWorkLog } from './kafka-work-log.js';
import type { MemberArguments } from './member-process.js';

/* Brokers and members that are killed, stand still, come and go in the middle of work. The broker is this file's own. */

const PARTITIONS = 64;
const SESSION_MS = 3000;
const MINUTES = 60_000;

describe('The work log on Kafka', () => {
  let folder: string;
  let kafka: RunningKafka;
  let prefix: string;
  let faults: WorkLogFault[];
  let violations: string[];
  const logs: WorkLog[] = [];
  const processes: MemberProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kafka-'));
    kafka = await startKafka({ folder, brokers: 1 });
  }, 2 * MINUTES);
  afterAll(async () => {
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }, MINUTES);
  beforeEach(() => {
    prefix = `faults-${randomUUID()}`;
    [faults, violations] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(logs.splice(0).map(log => log.close()));
    await Promise.all(processes.splice(0).map(member => member.kill()));
    expect(violations).toEqual([]);
  }, MINUTES);

  const aLog = async (options: Partial<KafkaWorkLogOptions> = {}) => {
    const log = kafkaWorkLog({
      clock: realClock,
      brokers: kafka.brokers,
      prefix,
      partitionsPerTopic: PARTITIONS,
      sessionTimeoutMs: SESSION_MS,
      ownersEveryMs: 200,
      onPoison: () => 'retry',
      onFault: fault => faults.push(fault),
      ...options,
    });
    logs.push(log);
    await log.ensureTopic(topic);
    return log;
  };
  const aMemberProcess = async (host: string) => {
    const brokers = kafka.brokers;
    const member = await memberProcess({ brokers, prefix, topic, host, sessionTimeoutMs: SESSION_MS });
    processes.push(member);
    return member;
  };
  const settled = (...members: { host: string; owned: ReadonlySet<number> }[]) => {
    const shares = assign(members, PARTITIONS);
    return until(`the shares of ${members.map(({ host }) => host)}`, () =>
      members.every(({ host, owned }) => sameSet(owned, shares.get(host))),
    );
  };

  it(
    'loses nothing that it acknowledged, and keeps the order of each key, when the broker is killed again and again',
    async () => {
      const log = await aLog();
      const member = recordingMember('a', key => log.partitionOf(key), violations);
      await log.join(topic, member);
      const acknowledged = new Map<string, number>(keys.map(key => [key, 0]));
      let isOver = false;
      const publishing = keys.map(async key => {
        for (let position = 1; !isOver; position += 1) {
          await log.publish(topic, [{ key, position, type: 'StepCompleted' }]);
          acknowledged.set(key, position);
        }
      });
      const sum = () => [...acknowledged.values()].reduce((total, position) => total + position, 0);
      for (let round = 0; round < 2; round += 1) {
        const before = sum();
        await until('more to be acknowledged', () => sum() > before + 200);
        await kafka.kill(1);
        await kafka.restart(1);
      }
      const before = sum();
      await until('more to be acknowledged', () => sum() > before + 200);
      isOver = true;
      await Promise.all(publishing);

      const written = await everythingIn(`${prefix}.${topic}`, kafka.brokers, keys.length, acknowledged);
      for (const key of keys) {
        const positions = [...new Set(written.get(key))];
        expect(positions).toEqual(Array.from({ length: acknowledged.get(key)! }, (_, index) => index + 1));
      }
      await until('the newest of every key to be handled', () =>
        [...acknowledged].every(([key, position]) => member.ended.includes(`${key} ${position}`)),
      );
      expect(faults.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^The consumer of .* ended/));
    },
    5 * MINUTES,
  );

  it(
    'gives what a killed member had to the others, who keep what they have, and back to it when it returns',
    async () => {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(aMemberProcess));
      await settled(a, b, c);
      const [toldA, toldB] = [a.revoked.length, b.revoked.length];
      const moving = c.owned.size;
      const hadA = new Set(a.owned);
      await c.kill();
      await settled(a, b);
      expect(hadA.isSubsetOf(a.owned)).toBe(true);
      expect([a.revoked.length, b.revoked.length]).toEqual([toldA, toldB]);
      expect(moving).toBeLessThanOrEqual(Math.ceil((1.5 * PARTITIONS) / 3));

      const log = await aLog();
      await until('the owners to be known to one who consumes nothing', () =>
        keys.every(key => log.ownerOf(topic, key) === (a.owned.has(log.partitionOf(key)) ? 'a' : 'b')),
      );
      const again = await aMemberProcess('c');
      await settled(a, b, again);
      expect(a.revoked.length + b.revoked.length - toldA - toldB).toBe(again.owned.size);
      await log.publish(
        topic,
        keys.map(key => ({ key, position: 1, type: 'StepCompleted' })),
      );
      await until('each to be handled by its owner', () =>
        keys.every(key =>
          [a, b, again].some(({ owned, handled }) => owned.has(log.partitionOf(key)) && handled.includes(`${key} 1`)),
        ),
      );
    },
    3 * MINUTES,
  );

  it(
    'tells a member that stood still that everything was lost, and gives it its share anew',
    async () => {
      const [a, b] = await Promise.all(['a', 'b'].map(aMemberProcess));
      await settled(a, b);
      const had = b.owned.size;
      b.signal('SIGSTOP');
      await until('a to have everything', () => a.owned.size === PARTITIONS);
      b.signal('SIGCONT');
      await until('b to be told', () => b.revoked.length >= had);
      await settled(a, b);
      expect(b.assigned.length - b.revoked.length).toBe(b.owned.size);
    },
    3 * MINUTES,
  );

  it(
    'says that a host is there twice, and lets the one go on that works already',
    async () => {
      const first = await aMemberProcess('a');
      await settled(first);
      const second = await aMemberProcess('a');
      await until('either to say so', () => [first, second].some(({ faults }) => faults.some(isDoubled)));
      expect([first.owned.size, second.owned.size]).toEqual([PARTITIONS, 0]);
      await first.kill();
      await settled(second);
    },
    2 * MINUTES,
  );

  it(
    'is fresh as long as the broker answers',
    async () => {
      const log = await aLog();
      const membership = await log.join(
        topic,
        recordingMember('a', key => log.partitionOf(key), violations),
      );
      await until('a heartbeat', () => membership.isFresh());
      kafka.pause(1);
      await until('heartbeats to be missed', () => !membership.isFresh());
      kafka.resume(1);
      await until('a heartbeat', () => membership.isFresh());
      await membership.leave();
      expect(membership.isFresh()).toBe(false);
    },
    2 * MINUTES,
  );

  it(
    'keeps a member whose handler takes longer than a session, and lets the other keys of its partition pass',
    async () => {
      const log = await aLog();
      const [slow, quick] = keysOfOnePartition(log, 2);
      const gate = Promise.withResolvers<void>();
      const member = recordingMember('a', key => log.partitionOf(key), violations, {
        handle: ({ key }) => (key === slow ? gate.promise : undefined),
      });
      await log.join(topic, member);
      await log.publish(topic, [{ key: slow, position: 1, type: 'StepCompleted' }]);
      await until('the slow one to begin', () => member.begun.length === 1);
      const start = performance.now();
      for (let position = 2; performance.now() - start < 2 * SESSION_MS; position += 1) {
        await log.publish(topic, [{ key: quick, position, type: 'StepCompleted' }]);
        await until('the quick one to pass', () => member.ended.includes(`${quick} ${position}`));
      }
      gate.resolve();
      await until('the slow one to end', () => member.ended.includes(`${slow} 1`));
      expect([member.revoked, faults, member.begun.filter(each => each === `${slow} 1`).length]).toEqual([[], [], 1]);
    },
    2 * MINUTES,
  );

  it(
    'loses nothing while members come and go in the middle of work, and never lets two work on one key',
    async () => {
      const log = await aLog();
      const atWork = new Set<string>();
      const newest = new Map<string, number>();
      const handle = async ({ key }: { key: string }) => {
        if (atWork.has(key)) violations.push(`two work on ${key}`);
        atWork.add(key);
        await new Promise(resolve => setTimeout(resolve, 5));
        atWork.delete(key);
      };
      const members = ['a', 'b', 'c', 'd'].map(host =>
        recordingMember(host, key => log.partitionOf(key), violations, { handle }),
      );
      let isOver = false;
      const publishing = (async () => {
        for (let position = 1; !isOver; position += 1) {
          await log.publish(
            topic,
            keys.map(key => ({ key, position, type: 'StepCompleted' })),
          );
          for (const key of keys) newest.set(key, position);
          await new Promise(resolve => setTimeout(resolve, 10));
        }
      })();
      const memberships: WorkMembership[] = [];
      for (const member of members) memberships.push(await log.join(topic, member));
      await settled(...members);
      await memberships[1].leave();
      await settled(members[0], members[2], members[3]);
      await Promise.all([memberships[0].leave(), memberships[3].leave()]);
      await settled(members[2]);
      isOver = true;
      await publishing;
      await until('the newest of every key to be handled', () =>
        [...newest].every(([key, position]) => members[2].ended.includes(`${key} ${position}`)),
      );
      expect(faults.map(({ message, cause }) => [message, cause])).toEqual([]);
    },
    3 * MINUTES,
  );

  it(
    'fetches no more than it can hold, and goes on when there is room',
    async () => {
      const log = await aLog({ keysAtWork: 10 });
      const many = keysOfOnePartition(log, 2000);
      await log.publish(
        topic,
        many.map(key => ({ key, position: 1, type: 'StepCompleted' })),
      );
      const gate = Promise.withResolvers<void>();
      const member = recordingMember('a', key => log.partitionOf(key), violations, { handle: () => gate.promise });
      await log.join(topic, member);
      await until('the first ones to begin', () => member.begun.length > 10);
      await log.publish(topic, [{ key: elsewhere(log, many[0]), position: 1, type: 'StepCompleted' }]);
      await until('another partition to be served', () =>
        member.begun.some(each => !many.includes(each.split(' ')[0])),
      );
      expect(member.begun.length).toBeLessThan(2000);
      gate.resolve();
      await until('all of them to be handled', () => many.every(key => member.ended.includes(`${key} 1`)));
    },
    2 * MINUTES,
  );
});

const topic = workTopic('default', 'faults');
const nodes = (count: number) =>
  Array.from({ length: count }, (_, node) => `7d0c1e52-3b1a-4c55-9f0e-${node.toString().padStart(12, '0')}`);
const keys = nodes(40);
const keysOfOnePartition = (log: WorkLog, count: number) =>
  nodes(count * PARTITIONS * 2)
    .filter(key => log.partitionOf(key) === 7)
    .slice(0, count);
const elsewhere = (log: WorkLog, key: string) =>
  keys.find(other => log.partitionOf(other) !== log.partitionOf(key)) ?? key;
const isDoubled = (fault: string) => fault.startsWith('The host a is there twice');
const sameSet = (some: ReadonlySet<number>, others: readonly number[] = []) =>
  some.size === others.length && others.every(each => some.has(each));

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const until = async (what: string, condition: () => boolean): Promise<void> => {
  const end = Date.now() + MINUTES;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

/** Positions by key as they lie in the topic, copies included, read until the last acknowledged ones are seen. */
const everythingIn = async (
  topicName: string,
  brokers: readonly string[],
  count: number,
  last: ReadonlyMap<string, number>,
): Promise<Map<string, number[]>> => {
  const written = new Map<string, number[]>();
  const consumer = kafkaClient({ brokers }).consumer({ groupId: `reader-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: topicName, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { key, value } }) => {
      const { position } = JSON.parse(value!.toString()) as { position: number };
      const positions = written.get(key!.toString()) ?? [];
      positions.push(position);
      written.set(key!.toString(), positions);
    },
  });
  await until('the topic to be read', () => {
    const isRead = [...last].every(([key, position]) => written.get(key)?.includes(position));
    return written.size === count && isRead;
  });
  await consumer.disconnect();
  return written;
};

interface MemberProcess {
  readonly host: string;
  readonly owned: ReadonlySet<number>;
  readonly assigned: readonly number[];
  readonly revoked: readonly number[];
  readonly handled: readonly string[];
  readonly faults: readonly string[];
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
}

type Line = { assigned?: number[]; revoked?: number[]; handled?: string; fault?: string };

const memberProcess = async (given: MemberArguments): Promise<MemberProcess> => {
  const script = join(import.meta.dirname, 'member-process.js');
  const args = ['--no-warnings', script, JSON.stringify(given)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const owned = new Set<number>();
  const [assigned, revoked]: number[][] = [[], []];
  const [handled, faults]: string[][] = [[], []];
  createInterface(child.stdout!).on('line', text => {
    const line = JSON.parse(text) as Line;
    for (const partition of line.assigned ?? []) owned.add(partition);
    for (const partition of line.revoked ?? []) owned.delete(partition);
    assigned.push(...(line.assigned ?? []));
    revoked.push(...(line.revoked ?? []));
    if (line.handled) handled.push(line.handled);
    if (line.fault) faults.push(line.fault);
  });
  return {
    host: given.host,
    owned,
    assigned,
    revoked,
    handled,
    faults,
    signal: signal => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
