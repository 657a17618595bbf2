import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { House, until } from '#testing';
import { httpPoster } from './post.js';
import type { ReceivedRequest, Receiver } from './receiver.js';
import { aReceiver } from './receiver.js';
import { NODE, OTHER_NODE, SECRET, WEBHOOK, WebhookBench } from './test-bench.js';

const revisions = ({ requests }: Receiver) => requests.map(({ event }) => event.data.revision);
const isDelivered = async (receiver: Receiver, count: number) =>
  until(() => receiver.requests.length >= count, `delivery ${count}`);

/** By other means than ours: WebCrypto on the bytes that came. */
const isAuthentic = async ({ headers, body }: ReceivedRequest): Promise<boolean> => {
  const secret = Uint8Array.from(atob(SECRET.replace('whsec_', '')), letter => letter.charCodeAt(0));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
  const [version, signature] = (headers['webhook-signature'] as string).split(',');
  const signed = new TextEncoder().encode(
    `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`,
  );
  return version === 'v1' && crypto.subtle.verify(algorithm.name, key, Buffer.from(signature!, 'base64'), signed);
};

describe('Deliveries to webhooks', () => {
  let house: House;
  let bench: WebhookBench;
  let receivers: Receiver[];
  const receive = async (...answer: Parameters<typeof aReceiver>) => {
    const receiver = await aReceiver(...answer);
    receivers.push(receiver);
    return receiver;
  };

  beforeEach(async () => {
    receivers = [];
    house = new House();
    bench = new WebhookBench(house);
    await house.enrol(NODE);
  });
  afterEach(async () => {
    await bench.close();
    expect(house.clock.pending()).toBe(0);
    for (const receiver of receivers) await receiver.close();
    await house.close();
  });

  it('bring every event in its order, signed, as CloudEvents', async () => {
    const receiver = await receive();
    await bench.create(receiver.url);
    bench.start();
    await bench.change(NODE, 20);
    await isDelivered(receiver, 21);
    expect(revisions(receiver)).toEqual(Array.from({ length: 21 }, (_, index) => index));
    const stored = await house.events.readStream(`node-${NODE}`);
    for (const [index, request] of receiver.requests.entries()) {
      expect(await isAuthentic(request)).toBe(true);
      expect(request.method).toBe('POST');
      expect(request.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(request.headers['webhook-id']).toBe(stored[index]!.id);
      expect(request.event).toMatchObject({
        specversion: '1.0',
        id: stored[index]!.id,
        source: `/ferrolog/${house.events.identity.storeId}`,
        type: `ferrolog.${stored[index]!.type}`,
        subject: `node-${NODE}`,
        datacontenttype: 'application/json',
      });
    }
    expect(await isAuthentic({ ...receiver.requests[0]!, body: '{}' })).toBe(false);
  });

  it('bring what the filter asks for, and nothing of webhooks and reservations', async () => {
    const [all, some, none] = [await receive(), await receive(), await receive()];
    await house.enrol(OTHER_NODE, { name: 'named' });
    await bench.create(all.url);
    const ids = ['11111111', '22222222'].map(start => `${start}-0000-4000-8000-000000000000`);
    await bench.create(some.url, { node: [OTHER_NODE], type: ['NodeAttributes'] }, { uuid: ids[0] });
    await bench.create(none.url, { stream: ['webhook-', 'reservation-'] }, { uuid: ids[1] });
    bench.start();
    await bench.change(NODE);
    await bench.change(OTHER_NODE);
    await isDelivered(all, 4);
    await isDelivered(some, 1);
    const subjects = all.requests.map(({ event }) => (event as unknown as { subject: string }).subject);
    expect(subjects).toEqual([NODE, OTHER_NODE, NODE, OTHER_NODE].map(uuid => `node-${uuid}`));
    expect(some.requests.map(({ event }) => event.type)).toEqual(['ferrolog.NodeAttributesChanged']);
    const seen = (await house.events.readAll(0, 100)).events;
    expect(seen.map(({ stream }) => stream.split('-')[0])).toContain('reservation');
    expect(none.requests).toEqual([]);
  });

  it('are tried again, later and later, with the same id and a new signature', async () => {
    let failures = 2;
    const receiver = await receive(() => (failures-- > 0 ? 500 : 204));
    await bench.create(receiver.url);
    bench.start();
    const begun = house.clock.now();
    for (const [attempt, waitMs] of [5_000, 10_000].entries()) {
      await until(() => bench.kept === attempt + 1, `failure ${attempt + 1}`);
      expect(bench.places.place(WEBHOOK)?.failing).toEqual({
        since: begun,
        event: 1,
        eventSince: begun,
        reason: 'the receiver answered 500',
      });
      await house.clock.advance(waitMs - 1);
      expect(receiver.requests).toHaveLength(attempt + 1);
      await house.clock.advance(1);
      await isDelivered(receiver, attempt + 2);
    }
    await until(() => bench.places.place(WEBHOOK)?.failing === undefined, 'the delivery');
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
    const seconds = receiver.requests.map(({ headers }) => Number(headers['webhook-timestamp']) - begun / 1000);
    expect(seconds).toEqual([0, 5, 15]);
    for (const request of receiver.requests) expect(await isAuthentic(request)).toBe(true);
    expect(bench.reports.map(([message]) => message)).toEqual(['a webhook does not take an event']);
  });

  it('come again with the same id after a process that died before it knew', async () => {
    const receiver = await receive();
    await bench.create(receiver.url);
    bench.start(undefined, () => {
      throw new Error('killed');
    });
    await isDelivered(receiver, 1);
    await until(() => bench.reports.length === 1, 'the death');
    await bench.stop();
    expect(bench.places.place(WEBHOOK)).toBeUndefined();

    bench.start();
    await bench.change();
    await isDelivered(receiver, 3);
    expect(revisions(receiver)).toEqual([0, 0, 1]);
    expect(receiver.requests[0]!.event.id).toBe(receiver.requests[1]!.event.id);
    await until(() => bench.places.place(WEBHOOK)?.position === 3, 'the place');
    await bench.stop();

    bench.start();
    await bench.change();
    await isDelivered(receiver, 4);
    expect(revisions(receiver)).toEqual([0, 0, 1, 2]);
  });

  it('wait for their own receiver alone', async () => {
    const slow = await receive(() => undefined);
    const quick = await receive();
    await bench.create(slow.url);
    await bench.create(quick.url, {}, { uuid: OTHER_NODE });
    bench.start();
    await bench.change(NODE, 5);
    await isDelivered(quick, 6);
    await isDelivered(slow, 1);
    expect(slow.requests).toHaveLength(1);
    await house.clock.advance(10_000);
    await until(() => bench.places.place(WEBHOOK)?.failing !== undefined, 'the deadline');
    expect(bench.places.place(WEBHOOK)?.failing?.reason).toBe('the receiver did not answer within 10 s');
  });

  it('go where they are told to and nowhere else', async () => {
    const elsewhere = await receive();
    const receiver = await receive((_, response) => void response.writeHead(307, { location: elsewhere.url }).end());
    await bench.create(receiver.url);
    bench.start();
    await until(() => bench.kept === 1, 'the failure');
    expect(bench.places.place(WEBHOOK)?.failing?.reason).toBe('the receiver answered 307');
    expect(elsewhere.requests).toEqual([]);
  });

  it('need a status, and not what comes after it', async () => {
    const receiver = await receive((_, response) => {
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(1_000)));
      };
      response.writeHead(200).on('drain', flood);
      flood();
    });
    await bench.create(receiver.url);
    bench.start();
    await bench.change();
    await isDelivered(receiver, 2);
    expect(revisions(receiver)).toEqual([0, 1]);
  });

  it('go to no private address that is not allowed', async () => {
    const receiver = await receive();
    const { port } = new URL(receiver.url);
    for (const [index, host] of ['127.0.0.1', 'localhost'].entries()) {
      const uuid = `${index}1111111-0000-4000-8000-000000000000`;
      await bench.create(`http://${host}:${port}/`, {}, { uuid });
    }
    bench.start(httpPoster({ allowPrivate: false }));
    await until(() => bench.kept === 2, 'the refusals');
    for (const uuid of bench.places.found().uuids)
      expect(bench.places.place(uuid)?.failing?.reason).toMatch(
        /is a private address, and webhookAllowPrivate is not set$/,
      );
    expect(receiver.requests).toEqual([]);
  });

  it('begin anew where they are told to', async () => {
    const receiver = await receive();
    await bench.create(receiver.url);
    bench.start();
    await bench.change(NODE, 2);
    await isDelivered(receiver, 3);
    await bench.send({ type: 'ReplayToWebhook', from: 1 });
    await isDelivered(receiver, 5);
    await bench.change();
    await isDelivered(receiver, 6);
    expect(revisions(receiver)).toEqual([0, 1, 2, 1, 2, 3]);
  });

  it('follow the settings, and end with the webhook', async () => {
    const [before, after] = [await receive(), await receive()];
    await bench.create(before.url);
    bench.start();
    await isDelivered(before, 1);
    await bench.send({ type: 'ChangeWebhook', changes: { enabled: false } });
    await bench.change();
    await bench.send({ type: 'ChangeWebhook', changes: { url: after.url, enabled: true } });
    await bench.change();
    await isDelivered(after, 2);
    await bench.send({ type: 'DeleteWebhook' });
    await until(() => bench.places.found().uuids.length === 0, 'the end');
    await bench.change();
    await bench.create(before.url, {}, { uuid: OTHER_NODE, from: await house.events.head() });
    await bench.change();
    await isDelivered(before, 2);
    expect([revisions(before), revisions(after)]).toEqual([
      [0, 4],
      [1, 2],
    ]);
  });
});
