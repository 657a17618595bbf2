import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Clock, type WorkLog, type WorkMembership, workTopic } from '#domain';
import { InvalidRingMember, assign } from '#hash-ring';
import { workLogContract } from '../contract.js';
import { type Behaviour, type RecordingMember, recordingMember } from '../recording-member.js';
import { UnknownTopic, WorkLogClosed, type WorkLogFault, type WorkLogOptions } from '../work-log-options.js';
import { inProcessWorkLog } from './in-process-work-log.js';

workLogContract('The in-process work log', options => ({ log: inProcessWorkLog(options) }));

describe('The in-process work log', () => {
  let clock: ReturnType<typeof virtualClock>;
  let log: WorkLog;
  let faults: WorkLogFault[];
  let questions: number[];
  let violations: string[];

  const start = async (options: Partial<WorkLogOptions> = {}) => {
    [clock, faults, questions, violations] = [virtualClock(), [], [], []];
    log = inProcessWorkLog({
      clock,
      handOverTimeoutMs: 1000,
      onPoison: (_message, _error, attempts) => (questions.push(attempts), 'retry'),
      onFault: fault => faults.push(fault),
      ...options,
    });
    await log.ensureTopic(topic);
  };
  const aMember = (host: string, behaviour?: Behaviour) =>
    recordingMember(host, key => log.partitionOf(key), violations, behaviour);
  const publish = async (...positions: number[]) => {
    await log.publish(topic, positions.map(wakeUp));
    await turn();
  };
  beforeEach(() => start());
  afterEach(async () => {
    const closing = log.close();
    await clock.advance(10_000);
    await closing;
    expect(clock.pending()).toBe(0);
    expect(violations).toEqual([]);
  });

  it('makes one wake-up of those that wait, and runs no handler in the publishing turn', async () => {
    const gate = Promise.withResolvers<void>();
    const member = aMember('a', { handle: () => gate.promise });
    await log.join(topic, member);
    const publishing = log.publish(topic, [1, 2, 3].map(wakeUp));
    expect(member.begun).toEqual([]);
    await publishing;
    await turn();
    for (let position = 4; position <= 1000; position += 1) await log.publish(topic, [wakeUp(position)]);
    gate.resolve();
    await turn();
    expect(member.ended).toEqual([`${n1} 3`, `${n1} 1000`]);
  });

  it('waits from 100 ms on twice as long after each rejection, and at most 30 s', async () => {
    const times: number[] = [];
    await log.join(topic, aMember('a', { handle: () => reject(times.push(clock.now())) }));
    await publish(1);
    await clock.advance(120_000);
    const waits = times.slice(1).map((time, index) => time - times[index]);
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(questions).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('tries a newer wake-up in place of the rejected one, without an earlier try', async () => {
    const member = aMember('a', { handle: ({ position }) => (position < 3 ? reject() : undefined) });
    await log.join(topic, member);
    await publish(1);
    await publish(2);
    await publish(3);
    expect(member.begun).toEqual([`${n1} 1`]);
    await clock.advance(100);
    expect(member.begun).toEqual([`${n1} 1`, `${n1} 3`]);
    expect(member.ended).toEqual([`${n1} 3`]);
  });

  it('counts rejections in a row only', async () => {
    let calls = 0;
    const handle = async () => {
      if ((calls += 1) % 5 !== 0) return reject();
      if (calls === 5) await log.publish(topic, [wakeUp(2)]);
    };
    const member = aMember('a', { handle });
    await log.join(topic, member);
    await publish(1);
    await clock.advance(10_000);
    expect(member.ended).toEqual([`${n1} 1`, `${n1} 2`]);
    expect(questions).toEqual([]);
  });

  it('keeps poison that cannot be judged, and reports why', async () => {
    await start({ poisonAfter: 1, onPoison: () => Promise.reject(new Error('no store')) });
    const member = aMember('a', { handle: () => (member.begun.length < 2 ? reject() : undefined) });
    await log.join(topic, member);
    await publish(1);
    await clock.advance(100);
    expect(member.ended).toEqual([`${n1} 1`]);
    expect(faults.map(({ cause }) => cause)).toEqual([new Error('no store')]);
  });

  it('lets a new owner try at once what the former one failed at', async () => {
    const [a, b] = [aMember('a', { handle: reject }), aMember('b')];
    const membership = await log.join(topic, a);
    await log.join(topic, b);
    const [key] = keysOf(log, a);
    await log.publish(topic, [{ ...wakeUp(1), key }]);
    await turn();
    expect(a.begun).toEqual([`${key} 1`]);
    await membership.leave();
    await turn();
    expect(b.ended).toEqual([`${key} 1`]);
  });

  it('awaits the revocation before it assigns to another one', async () => {
    const calls: string[] = [];
    const slowly = (what: string) => async () => {
      calls.push(`${what} begins`);
      await turn();
      calls.push(`${what} ended`);
    };
    await log.join(topic, aMember('a', { tidy: slowly('revocation') }));
    await log.join(topic, aMember('b', { prepare: slowly('assignment') }));
    expect(calls).toEqual(['revocation begins', 'revocation ended', 'assignment begins', 'assignment ended']);
  });

  it.each(['resolves', 'rejects'])('ignores how a handler %s whose partition went elsewhere', async outcome => {
    await start({ poisonAfter: 1 });
    const [gateA, gateB] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const [a, b] = [aMember('a', { handle: () => gateA.promise }), aMember('b', { handle: () => gateB.promise })];
    const membership = await log.join(topic, a);
    await publish(1);
    const [leaving, joining] = [membership.leave(), log.join(topic, b)];
    await clock.advance(999);
    expect([a.revoked.length, b.begun]).toEqual([0, []]);
    await clock.advance(1);
    await Promise.all([leaving, joining]);
    await turn();
    expect(b.begun).toEqual([`${n1} 1`]);
    if (outcome === 'resolves') gateA.resolve();
    else gateA.reject(new Error('late'));
    await publish(2);
    expect(b.begun).toEqual([`${n1} 1`]);
    gateB.resolve();
    await turn();
    expect(b.ended).toEqual([`${n1} 1`, `${n1} 2`]);
    expect(questions).toEqual([]);
  });

  it('begins nothing while it waits for running handlers to hand over', async () => {
    const gate = Promise.withResolvers<void>();
    const [a, b] = [aMember('a', { handle: () => gate.promise }), aMember('b')];
    const membership = await log.join(topic, a);
    await publish(1);
    const leaving = membership.leave();
    const joining = log.join(topic, b);
    await log.publish(topic, [...keys.map(key => ({ ...wakeUp(2), key })), wakeUp(3)]);
    await turn();
    gate.resolve();
    await Promise.all([leaving, joining]);
    await turn();
    expect(a.begun).toEqual([`${n1} 1`]);
    expect(b.ended).toHaveLength(keys.length);
  });

  it('goes on when a callback rejects, and reports it', async () => {
    const [a, b] = [aMember('a', { prepare: reject, tidy: reject }), aMember('b')];
    const membership = await log.join(topic, a);
    await log.join(topic, b);
    await membership.leave();
    await publish(1);
    expect(b.ended).toEqual([`${n1} 1`]);
    expect(faults.map(({ message }) => message.split(' of ')[0])).toEqual(['onAssigned', 'onRevoked', 'onRevoked']);
    violations.length = 0; // The member never counted as owned what it could not prepare.
  });

  it('holds back for a member that does not get ready its own messages only', async () => {
    const gate = Promise.withResolvers<void>();
    const [slow, quick] = [aMember('slow', { prepare: () => gate.promise }), aMember('quick')];
    const joining = Promise.all([log.join(topic, slow), log.join(topic, quick)]);
    await clock.advance(1000);
    await joining;
    const [held] = keysOf(log, slow);
    const [free] = keysOf(log, quick);
    await log.publish(topic, [
      { ...wakeUp(1), key: held },
      { ...wakeUp(2), key: free },
    ]);
    await turn();
    expect([slow.begun, quick.ended]).toEqual([[], [`${free} 2`]]);
    expect(faults).toHaveLength(1);
    gate.resolve();
    await turn();
    expect(slow.ended).toEqual([`${held} 1`]);
    violations.length = 0; // Some partitions were revoked before the member was ready.
  });

  it('hands nothing to a member that gets ready when it is to hand over', async () => {
    const [ready, tidied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const member = aMember('a', { prepare: () => ready.promise, tidy: () => tidied.promise });
    const joining = log.join(topic, member);
    await clock.advance(1000);
    const leaving = (await joining).leave();
    await publish(1);
    ready.resolve();
    await turn();
    tidied.resolve();
    await leaving;
    expect(member.begun).toEqual([]);
    violations.length = 0; // The partitions were revoked before the member was ready.
  });

  it('does not hurry the next owner when the former one gets ready too late', async () => {
    const gate = Promise.withResolvers<void>();
    const [slow, next] = [aMember('slow', { prepare: () => gate.promise }), aMember('next', { handle: reject })];
    const joining = log.join(topic, slow);
    await clock.advance(1000);
    await (await joining).leave();
    await log.join(topic, next);
    await publish(1);
    gate.resolve();
    await turn();
    expect(next.begun).toEqual([`${n1} 1`]);
    violations.length = 0; // The partitions were revoked before the member was ready.
  });

  it('remembers the positions of the keys heard of last, and forgets the others', async () => {
    await start({ partitionsPerTopic: 1 });
    const member = aMember('a');
    await log.join(topic, member);
    const positionOf = (key: number, position: number) => ({ ...wakeUp(position), key: `${key}` });
    await log.publish(
      topic,
      Array.from({ length: 4096 }, (_, key) => positionOf(key, 1)),
    );
    await turn();
    await log.publish(topic, [positionOf(0, 2), positionOf(4096, 1)]);
    await turn();
    await log.publish(topic, [positionOf(0, 2), positionOf(1, 1), positionOf(4096, 1)]);
    await turn();
    expect(member.begun.slice(4096)).toEqual(['0 2', '4096 1', '1 1']);
  });

  it('takes a host back that is leaving', async () => {
    const [first, second] = [aMember('a'), aMember('a')];
    const membership = await log.join(topic, first);
    const leaving = membership.leave();
    await Promise.all([leaving, log.join(topic, second)]);
    await membership.leave();
    await publish(1);
    expect([first.owned.size, second.ended]).toEqual([0, [`${n1} 1`]]);
  });

  it('refuses what it cannot do, and stays as it was', async () => {
    await expect(log.publish('work.no.such', [])).rejects.toThrow(UnknownTopic);
    await expect(log.join('work.no.such', aMember('a'))).rejects.toThrow(UnknownTopic);
    const member = aMember('a');
    await log.join(topic, member);
    await expect(log.join(topic, aMember('a'))).rejects.toThrow(InvalidRingMember);
    await expect(log.join(topic, aMember('b', { weight: 0 }))).rejects.toThrow(InvalidRingMember);
    await publish(1);
    expect(member.ended).toEqual([`${n1} 1`]);
    await log.close();
    await expect(log.ensureTopic('work.a.b')).rejects.toThrow(WorkLogClosed);
    await expect(log.publish(topic, [])).rejects.toThrow(WorkLogClosed);
  });

  const aStep = fc.oneof(
    fc.record({ do: fc.constant('publish' as const), node: fc.nat({ max: 5 }) }),
    fc.record({ do: fc.constant('join or leave' as const), host: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('end a handler' as const), which: fc.nat(), well: fc.boolean() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 1000) }),
  );

  it('loses nothing and never has two owners, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 60, size: 'max' }), async steps => {
        await start({ partitionsPerTopic: 8, poisonAfter: Infinity });
        const running: PromiseWithResolvers<void>[] = [];
        let calm = false;
        const present = new Map<string, { member: RecordingMember; membership?: WorkMembership }>();
        const everyone: RecordingMember[] = [];
        const newest = new Map<string, number>();
        let position = 0;

        const join = (host: string) => {
          const handle = () => {
            if (calm) return;
            running.push(Promise.withResolvers());
            return running.at(-1)?.promise;
          };
          const joiner: { member: RecordingMember; membership?: WorkMembership } = {
            member: aMember(host, { handle }),
          };
          void log.join(topic, joiner.member).then(membership => (joiner.membership = membership));
          present.set(host, joiner);
          everyone.push(joiner.member);
        };
        const leave = (host: string) => {
          void present.get(host)?.membership?.leave();
          if (present.get(host)?.membership) present.delete(host);
        };
        for (const step of steps) {
          if (step.do === 'join or leave') (present.has(step.host) ? leave : join)(step.host);
          if (step.do === 'wait') await clock.advance(step.ms);
          if (step.do === 'publish') {
            newest.set(keys[step.node], (position += 1));
            await log.publish(topic, [{ ...wakeUp(position), key: keys[step.node] }]);
          }
          if (step.do === 'end a handler' && running.length > 0) {
            const [ending] = running.splice(step.which % running.length, 1);
            if (step.well) ending.resolve();
            else ending.reject(new Error('failed'));
          }
          await turn();
          const owned = everyone.flatMap(member => [...member.owned]);
          expect(owned.length).toBe(new Set(owned).size);
        }

        calm = true;
        if (present.size === 0) join('a');
        for (const handler of running) handler.resolve();
        await clock.advance(120_000);
        const ended = everyone.flatMap(member => member.ended);
        expect([...newest].filter(([key, last]) => !ended.includes(`${key} ${last}`))).toEqual([]);
        const members = [...present.values()].map(({ member }) => member);
        const shares = members.map(({ host, owned }) => [host, [...owned].sort((a, b) => a - b)]);
        expect(Object.fromEntries(shares)).toEqual(Object.fromEntries(assign(members, 8)));
        await log.close();
        expect([violations, clock.pending()]).toEqual([[], 0]);
        expect(faults.filter(({ message }) => !message.startsWith('handle of'))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

const topic = workTopic('default', 'in-process');
const keys = Array.from({ length: 200 }, (_, node) => `0c5a8f4e-6d1b-4b8a-9d5f-${`${node}`.padStart(12, '0')}`);
const n1 = keys[1];
const wakeUp = (position: number) => ({ key: n1, position, type: 'StepCompleted' });
const keysOf = (log: WorkLog, { host }: RecordingMember) => keys.filter(key => log.ownerOf(topic, key) === host);
const turn = () => new Promise<void>(resolve => setImmediate(resolve));
const reject = (_?: unknown): Promise<void> => Promise.reject(new Error('rejected'));

/** Time that passes when told to; what is due runs in order, each with all that follows from it at once. */
const virtualClock = () => {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Clock = {
    now: () => now,
    after: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const advance = async (ms: number) => {
    const end = now + ms;
    await turn();
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      now = next.at;
      timers.delete(next);
      next.callback();
      await turn();
    }
    now = end;
  };
  return { ...clock, advance, pending: () => timers.size };
};
