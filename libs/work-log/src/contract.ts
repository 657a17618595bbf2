import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, type WorkLog, type WorkMessage, workTopic } from '#domain';
import { assign, partitionOf } from '#hash-ring';
import { type Behaviour, type RecordingMember, recordingMember } from './recording-member.js';
import type { WorkLogFault, WorkLogOptions } from './work-log-options.js';

export interface WorkLogUnderTest {
  readonly log: WorkLog;
  /** Takes down what was set up for it; the log itself is closed by then. */
  dispose?(): Promise<void>;
}

/**
 * What the port `WorkLog` promises, on any adapter. `makeLog` gives a log that nobody has used: on a shared broker,
 * one with a prefix of its own for topics and groups. Everything is waited for, up to `timeoutMs`.
 *
 * Not asserted, because a log of several processes cannot promise it: that nothing is delivered twice around a
 * rebalance, that older wake-ups of a key arrive, and in which order the callbacks of different members come.
 */
export const workLogContract = (
  name: string,
  makeLog: (options: WorkLogOptions) => Promise<WorkLogUnderTest> | WorkLogUnderTest,
  timeoutMs = 10_000,
): void =>
  describe(`${name} promises`, () => {
    let underTest: WorkLogUnderTest;
    let log: WorkLog;
    let onPoison: WorkLogOptions['onPoison'];
    let faults: WorkLogFault[];
    let violations: string[];

    const start = async (options: Partial<WorkLogOptions> = {}) => {
      [faults, violations] = [[], []];
      onPoison = () => 'retry';
      underTest = await makeLog({
        clock: realClock,
        retryDelayMs: () => 5,
        poisonAfter: 3,
        handOverTimeoutMs: timeoutMs,
        onPoison: (...question) => onPoison(...question),
        onFault: fault => faults.push(fault),
        ...options,
      });
      log = underTest.log;
      await log.ensureTopic(topic);
    };
    const stop = async () => {
      await log.close();
      await underTest.dispose?.();
      expect({ faults: faults.map(({ message, cause }) => [message, cause]), violations }).toEqual({
        faults: [],
        violations: [],
      });
    };
    beforeEach(() => start(), timeoutMs);
    afterEach(stop, 2 * timeoutMs);

    const promises = (what: string, test: () => Promise<void>) => it(what, test, 3 * timeoutMs);
    const until = (condition: () => boolean, what: string) => waitFor(condition, what, timeoutMs);
    const ended = (member: RecordingMember, ...deliveries: string[]) =>
      until(() => deliveries.every(each => member.ended.includes(each)), `${member.host} to end ${deliveries}`);
    const begun = (member: RecordingMember, delivery: string) =>
      until(() => member.begun.includes(delivery), `${member.host} to begin ${delivery}`);

    const aMember = (host: string, behaviour?: Behaviour) =>
      recordingMember(host, key => log.partitionOf(key), violations, behaviour);
    const sharesOf = (members: readonly RecordingMember[]) => assign(members, log.partitionsPerTopic);
    /** Waits until these are the members, and have what the ring gives them. */
    const settled = (...members: RecordingMember[]) => {
      const shares = sharesOf(members);
      const hasItsShare = ({ host, owned }: RecordingMember) => same([...owned], shares.get(host) ?? []);
      return until(() => members.every(hasItsShare), `the shares of ${members.map(({ host }) => host)}`);
    };
    const joined = async (...members: RecordingMember[]) => {
      const memberships = await Promise.all(members.map(member => log.join(topic, member)));
      await settled(...members);
      return memberships;
    };
    const keysOf = (partition: number) => nodes(5000).filter(key => log.partitionOf(key) === partition);
    /** A key that belongs to the host once these are the members. */
    const keyOf = (host: string, ...members: RecordingMember[]) => keysOf(sharesOf(members).get(host)?.[0] ?? 0)[0];

    promises('the partitions that Kafka would choose', async () => {
      for (const key of nodes(100)) expect(log.partitionOf(key)).toBe(partitionOf(key, log.partitionsPerTopic));
    });

    promises('to deliver what is published before and after a member joins', async () => {
      const member = aMember('a');
      await log.publish(topic, [wakeUp(n1, 1), wakeUp(n2, 2)]);
      await joined(member);
      await ended(member, `${n1} 1`, `${n2} 2`);
      await log.publish(topic, [wakeUp(n1, 3)]);
      await ended(member, `${n1} 3`);
      expect(member.messages).toContainEqual(wakeUp(n2, 2));
    });

    promises('to keep topics apart, and what is in them when they are ensured again', async () => {
      const elsewhere = workTopic('elsewhere', 'contract');
      await log.ensureTopic(elsewhere);
      const [here, there] = [aMember('a'), aMember('a')];
      await log.publish(topic, [wakeUp(n1, 1)]);
      await log.ensureTopic(topic);
      await Promise.all([log.join(topic, here), log.join(elsewhere, there)]);
      await log.publish(elsewhere, [wakeUp(n2, 2)]);
      await Promise.all([ended(here, `${n1} 1`), ended(there, `${n2} 2`)]);
      expect([here.begun, there.begun]).toEqual([[`${n1} 1`], [`${n2} 2`]]);
    });

    promises('to hand over the messages of a key by rising position, and the newest of each', async () => {
      const member = aMember('a', { handle: () => turn() });
      await joined(member);
      const keys = nodes(20);
      for (let round = 0; round < 20; round += 1) {
        await log.publish(
          topic,
          keys.map((key, index) => wakeUp(key, 20 * round + index)),
        );
        await turn();
      }
      await ended(member, ...keys.map((key, index) => `${key} ${20 * 19 + index}`));
      for (const key of keys) {
        const positions = member.messages.filter(message => message.key === key).map(({ position }) => position);
        expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      }
    });

    promises('that keys of a partition pass one whose handler does not end', async () => {
      const [slow, quick] = keysOf(3);
      const gate = aGate();
      const member = aMember('a', { handle: ({ key }) => (key === slow ? gate.opened : undefined) });
      await joined(member);
      await log.publish(topic, [wakeUp(slow, 1)]);
      await begun(member, `${slow} 1`);
      await log.publish(topic, [wakeUp(slow, 2), wakeUp(quick, 3)]);
      await ended(member, `${quick} 3`);
      gate.open();
      await ended(member, `${slow} 1`, `${slow} 2`);
    });

    promises('to deliver again what was rejected, while keys of the partition pass it', async () => {
      const [failing, sound] = keysOf(3);
      const member: RecordingMember = aMember('a', {
        handle: ({ key }) => {
          if (key === failing && !member.ended.includes(`${sound} 2`)) throw new Error('not yet');
        },
      });
      await joined(member);
      await log.publish(topic, [wakeUp(failing, 1)]);
      await until(() => member.begun.length > 1, 'a second delivery');
      await log.publish(topic, [wakeUp(sound, 2)]);
      await ended(member, `${failing} 1`);
    });

    promises('to ask about poison from the configured rejection on, and to drop it only when told so', async () => {
      const asked: unknown[] = [];
      onPoison = (message, error, attempts) => {
        asked.push([message, (error as Error).message, attempts]);
        return attempts < 5 ? 'retry' : 'skip';
      };
      const member = aMember('a', {
        handle: ({ position }) => {
          if (position === 1) throw new Error('bad');
        },
      });
      await joined(member);
      await log.publish(topic, [wakeUp(n1, 1)]);
      await until(() => asked.length === 3, 'three questions');
      await log.publish(topic, [wakeUp(n1, 2)]);
      await ended(member, `${n1} 2`);
      expect(asked).toEqual([3, 4, 5].map(attempts => [wakeUp(n1, 1), 'bad', attempts]));
      expect(member.begun).toEqual([...Array(5).fill(`${n1} 1`), `${n1} 2`]);
    });

    promises('to drop repeats by position', async () => {
      const member = aMember('a');
      await joined(member);
      await log.publish(topic, [wakeUp(n1, 5)]);
      await ended(member, `${n1} 5`);
      await log.publish(topic, [wakeUp(n1, 4), wakeUp(n1, 5)]);
      await turn();
      await log.publish(topic, [wakeUp(n1, 6)]);
      await ended(member, `${n1} 6`);
      expect(member.begun).toEqual([`${n1} 5`, `${n1} 6`]);
    });

    promises('to share the partitions by the ring, and to know the owners', async () => {
      const members = [aMember('a'), aMember('b', { weight: 2 }), aMember('c')];
      await joined(...members);
      const isKnown = ({ host, owned }: RecordingMember) =>
        nodes(500).every(key => (log.ownerOf(topic, key) === host) === owned.has(log.partitionOf(key)));
      await until(() => members.every(isKnown), 'the owners');
      await log.ownersSeen();
      const owners = log.owners(topic);
      expect(owners.size).toBe(log.partitionsPerTopic);
      for (const { host, owned } of members)
        expect([...owners].filter(([, owner]) => owner === host).map(([partition]) => partition)).toEqual(
          expect.arrayContaining([...owned]),
        );
      await log.publish(
        topic,
        nodes(200).map(key => wakeUp(key, 1)),
      );
      await Promise.all(
        members.map(member => {
          const own = nodes(200).filter(key => member.owned.has(log.partitionOf(key)));
          return ended(member, ...own.map(key => `${key} 1`));
        }),
      );
    });

    promises('to say that a member is sure to be counted in', async () => {
      const [membership] = await joined(aMember('a'));
      await until(() => membership.isFresh(), 'the member to be fresh');
    });

    promises('to say how many wake-ups wait', async () => {
      const waiting = async (count: number) => {
        while ((await log.lag(topic)) !== count) await new Promise(resolve => setTimeout(resolve, 20));
      };
      await waiting(0);
      await log.publish(topic, [wakeUp(n1, 1)]);
      await waiting(1);
      await joined(aMember('a'));
      await waiting(0);
    });

    promises('no owner where nobody is', async () => {
      expect(log.ownerOf(topic, n1)).toBeUndefined();
      expect(log.ownerOf(workTopic('no', 'such'), n1)).toBeUndefined();
      expect([log.owners(topic).size, log.owners(workTopic('no', 'such')).size]).toEqual([0, 0]);
    });

    promises('to tell members only what changes when another one joins or leaves', async () => {
      const [a, b] = [aMember('a'), aMember('b')];
      await joined(a);
      const membership = await log.join(topic, b);
      await settled(a, b);
      expect(same([...a.revoked], [...b.owned])).toBe(true);
      await membership.leave();
      await settled(a);
      expect(a.assigned.length).toBe(log.partitionsPerTopic + a.revoked.length);
      expect(b.owned.size).toBe(0);
    });

    promises('to hand over nothing before the member has prepared itself', async () => {
      const gate = aGate();
      const member = aMember('a', { prepare: () => gate.opened });
      await log.publish(topic, [wakeUp(n1, 1)]);
      const joining = log.join(topic, member);
      await until(() => member.assigned.length > 0, 'the assignment');
      await turn();
      expect(member.begun).toEqual([]);
      gate.open();
      await joining;
      await ended(member, `${n1} 1`);
    });

    promises('to wait for running handlers before it revokes, and that the next owner gets what follows', async () => {
      const gate = aGate();
      const [a, b] = [aMember('a', { handle: () => gate.opened }), aMember('b')];
      const key = keyOf('a', a, b);
      const [membership] = await joined(a, b);
      await log.publish(topic, [wakeUp(key, 1)]);
      await begun(a, `${key} 1`);
      const leaving = membership.leave();
      await turn();
      expect(a.owned.has(log.partitionOf(key))).toBe(true);
      gate.open();
      await leaving;
      expect([a.ended, a.owned.size]).toEqual([[`${key} 1`], 0]);
      await log.publish(topic, [wakeUp(key, 2)]);
      await ended(b, `${key} 2`);
      await settled(b);
    });

    promises('to deliver to the next owner what the former one does not end, and to report it', async () => {
      await stop();
      await start({ handOverTimeoutMs: 50 });
      const gate = aGate();
      const [a, b] = [aMember('a', { handle: () => gate.opened }), aMember('b')];
      const key = keyOf('b', a, b);
      await joined(a);
      await log.publish(topic, [wakeUp(key, 1)]);
      await begun(a, `${key} 1`);
      await log.join(topic, b);
      await ended(b, `${key} 1`);
      gate.open();
      await log.publish(topic, [wakeUp(key, 2)]);
      await ended(b, `${key} 2`);
      expect(a.begun).toEqual([`${key} 1`]);
      expect(faults.splice(0)).toHaveLength(1);
    });

    promises('to keep what is published while the last member is gone', async () => {
      const [a, b] = [aMember('a'), aMember('b')];
      const [membership] = await joined(a);
      await membership.leave();
      await membership.leave();
      expect(a.owned.size).toBe(0);
      await log.publish(topic, [wakeUp(n1, 1)]);
      await log.join(topic, b);
      await ended(b, `${n1} 1`);
      expect(a.begun).toEqual([]);
    });

    promises('to revoke everything when it is closed, and to take nothing after', async () => {
      const [a, b] = [aMember('a'), aMember('b')];
      const [membership] = await joined(a, b);
      const [toldA, toldB] = [a.assigned.length, b.assigned.length];
      await Promise.all([log.close(), log.close()]);
      expect([a.owned.size, b.owned.size]).toEqual([0, 0]);
      expect([a.assigned.length, b.assigned.length]).toEqual([toldA, toldB]);
      await membership.leave();
      await expect(log.publish(topic, [wakeUp(n1, 1)])).rejects.toThrow();
      await expect(log.join(topic, aMember('c'))).rejects.toThrow();
    });
  });

const topic = workTopic('default', 'contract');
const nodes = (count: number) =>
  Array.from({ length: count }, (_, node) => `5f7c2a10-94d3-4c1b-8e6f-${node.toString().padStart(12, '0')}`);
const [n1, n2] = nodes(2);
const wakeUp = (key: string, position: number): WorkMessage => ({ key, position, type: 'StepCompleted' });
const same = (some: readonly number[], others: readonly number[]) =>
  some.length === others.length && new Set(some).isSubsetOf(new Set(others));

const aGate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
/** Lets everything run that is ready to. */
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

const waitFor = async (condition: () => boolean, what: string, timeoutMs: number): Promise<void> => {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms for ${what}.`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
};

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
