import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FormerStore } from '#domain';
import { House, until } from '#testing';
import type { Poster } from './post.js';
import { NODE, WEBHOOK, WebhookBench } from './test-bench.js';

const HOUR_MS = 3_600_000;

describe('A webhook that takes nothing', () => {
  let house: House;
  let bench: WebhookBench;
  /** Position of what came, and when. */
  let attempts: { readonly revision: number; readonly hours: number }[];
  let status: (revision: number) => number;
  let poster: Poster;

  beforeEach(async () => {
    house = new House();
    bench = new WebhookBench(house);
    attempts = [];
    status = () => 500;
    const begun = house.clock.now();
    poster = {
      async post(_url, _headers, body) {
        const { revision } = (JSON.parse(body) as { data: { revision: number } }).data;
        attempts.push({ revision, hours: (house.clock.now() - begun) / HOUR_MS });
        return status(revision);
      },
      close: () => undefined,
    };
    await house.enrol(NODE);
    await bench.change(NODE, 4);
    await bench.create('https://receiver.example/');
  });
  afterEach(async () => {
    await bench.close();
    expect(house.clock.pending()).toBe(0);
    await house.close();
  });

  /** Lets time pass until something was recorded of the webhook. */
  const waitForType = async (type: string, atMostHours: number) => {
    for (let minutes = 0; minutes < atMostHours * 60 && !(await bench.types()).includes(type); minutes++)
      await house.clock.advance(60_000);
    expect(await bench.types()).toContain(type);
  };
  const dataOf = async (type: string) =>
    (await house.events.readStream(`webhook-${WEBHOOK}`)).find(event => event.type === type)!.data;

  it('is spared an event that it does not take for a day, and the fact is kept', async () => {
    status = revision => (revision === 1 ? 422 : 200);
    bench.start(poster);
    await waitForType('WebhookDeadLettered', 25);
    await until(() => attempts.at(-1)?.revision === 4, 'what came after it');
    const tries = attempts.filter(({ revision }) => revision === 1).map(({ hours }) => hours);
    expect(tries.at(-1)).toBe(24);
    expect(tries.length).toBeGreaterThan(20);
    const [, event] = await house.events.readStream(`node-${NODE}`);
    expect(await dataOf('WebhookDeadLettered')).toEqual({
      position: event!.position,
      after: event!.position - 1,
      event: event!.id,
      type: 'NodeAttributesChanged',
      stream: `node-${NODE}`,
      attempts: tries.length,
      since: '2026-01-01T00:00:00.000Z',
      reason: 'the receiver answered 422',
    });
    expect(await bench.types()).not.toContain('WebhookDisabled');
    expect(bench.places.place(WEBHOOK)?.failing).toBeUndefined();

    status = () => 200;
    const { after } = (await dataOf('WebhookDeadLettered')) as { after: number };
    const before = attempts.length;
    await bench.send({ type: 'ReplayToWebhook', from: after });
    await until(() => attempts.length === before + 4, 'the replay');
    expect(attempts.slice(before).map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
  });

  it('is tried for three days, over restarts, then switched off with a reason, and goes on where it was', async () => {
    bench.start(poster);
    await house.clock.advance(12 * HOUR_MS);
    await bench.stop();
    bench.start(poster);
    await waitForType('WebhookDisabled', 61);
    expect(attempts.at(-1)!.hours).toBeLessThanOrEqual(72);
    expect(attempts.at(-1)!.hours).toBeGreaterThan(71);
    expect(await dataOf('WebhookDisabled')).toEqual({ reason: 'the receiver answered 500' });
    // One for each day that was over.
    expect((await bench.types()).filter(type => type === 'WebhookDeadLettered')).toHaveLength(2);
    expect(attempts.filter(({ revision }) => revision === 0).at(-1)!.hours).toBe(24);
    const tried = attempts.length;
    await house.clock.advance(100 * HOUR_MS);
    expect(attempts).toHaveLength(tried);

    status = () => 200;
    await bench.send({ type: 'ChangeWebhook', changes: { enabled: true } });
    await until(() => attempts.at(-1)?.revision === 4, 'the rest');
    expect(attempts.slice(tried).map(({ revision }) => revision)).toEqual([2, 3, 4]);
  });

  it('is switched off at once when it says that it is gone', async () => {
    status = revision => (revision === 0 ? 200 : 410);
    bench.start(poster);
    await waitForType('WebhookDisabled', 1);
    expect(attempts.map(({ revision }) => revision)).toEqual([0, 1]);
    expect(await dataOf('WebhookDisabled')).toEqual({ reason: 'the receiver answered 410' });
  });

  it('is switched off, and not served from elsewhere, when events were moved without its place', async () => {
    const head = await house.events.head();
    const movedFrom = { storeId: '0a0a0a0a', generation: 1, upTo: head };
    (house.events.identity as { movedFrom?: FormerStore }).movedFrom = movedFrom;
    status = () => 200;
    bench.start(poster);
    await waitForType('WebhookDisabled', 1);
    expect(await dataOf('WebhookDisabled')).toEqual({ reason: expect.stringContaining('say by a replay') });
    expect(attempts).toEqual([]);

    const [, , third] = await house.events.readStream(`node-${NODE}`);
    await bench.send({ type: 'ReplayToWebhook', from: third!.position });
    await bench.send({ type: 'ChangeWebhook', changes: { enabled: true } });
    await until(() => attempts.at(-1)?.revision === 4, 'the rest');
    expect(attempts.map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('goes on from its place when that was moved with the events', async () => {
    const [, , third] = await house.events.readStream(`node-${NODE}`);
    const movedFrom = { storeId: '0a0a0a0a', generation: 1, upTo: await house.events.head() };
    (house.events.identity as { movedFrom?: FormerStore }).movedFrom = movedFrom;
    status = () => 200;
    bench.places.keep(WEBHOOK, { fromRevision: 0, position: third!.position });
    bench.start(poster);
    await until(() => attempts.at(-1)?.revision === 4, 'the rest');
    expect(attempts.map(({ revision }) => revision)).toEqual([3, 4]);
    expect(await bench.types()).toEqual(['WebhookCreated']);
  });

  it('gets one letter for one event, though the process died right after it', async () => {
    status = revision => (revision === 0 ? 500 : 200);
    let isDying = false;
    bench.start(poster, ({ position }) => {
      if (position > 0) {
        isDying = true;
        throw new Error('killed');
      }
    });
    await waitForType('WebhookDeadLettered', 25);
    await until(() => isDying, 'the death');
    await bench.stop();
    bench.start(poster);
    await until(() => attempts.at(-1)?.revision === 4, 'what came after it');
    expect(await bench.types()).toEqual(['WebhookCreated', 'WebhookDeadLettered']);
  });
});
