import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkLog, WorkMessage } from '#domain';
import { checkpointInMemory } from '#event-store/follower';
import { House, until } from '#testing';
import { relay } from './relay.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('The relay', () => {
  let house: House;
  beforeEach(() => void (house = new House()));
  afterEach(() => house.close());

  it('wakes conductors of what came while the log was away', async () => {
    const published: [string, string][] = [];
    const ensured: string[] = [];
    let isAway = false;
    const log = {
      ensureTopic: async (topic: string) => void ensured.push(topic),
      publish: async (topic: string, messages: readonly WorkMessage[]) => {
        if (isAway) throw new Error('no broker answers');
        published.push(...messages.map(({ type }): [string, string] => [topic, type]));
      },
    } as unknown as WorkLog;
    const breaks: unknown[] = [];
    const waking = relay({
      store: house.store,
      log,
      clock: house.clock,
      checkpoint: checkpointInMemory(0),
      onBreak: error => breaks.push(error),
    });
    house.catalog.put({ host: 'far-away', conductorGroup: 'far', manifests: house.drivers.manifests() });
    waking.start();
    await house.enrol(uuid);
    await until(() => published.length === 1, 'the enrolment');
    isAway = true;
    await house.send(uuid, 'PatchNode', { patch: [{ op: 'add', path: '/conductor_group', value: 'far' }] });
    await until(() => breaks.length === 1, 'the break');
    isAway = false;
    await house.clock.advance(60_000);
    await until(() => published.length === 3, 'the move');
    // Where it moved, and where it came from.
    expect(published.map(([topic]) => topic)).toEqual([
      'work..fake-hardware',
      'work.far.fake-hardware',
      'work..fake-hardware',
    ]);
    expect(ensured).toEqual(['work..fake-hardware', 'work.far.fake-hardware']);
    expect(breaks).toHaveLength(1);
    await waking.stop();
  });
});
