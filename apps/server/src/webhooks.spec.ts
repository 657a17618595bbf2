import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfiguration } from '#configuration';
import { temporaryFolder, turn, until } from '#testing';
import type { Server } from './server.js';
import { startServer } from './server.js';

const folder = temporaryFolder();
const received: { readonly headers: Record<string, string>; readonly body: string }[] = [];
let isFailing = false;
const receiver = createServer((incoming, response) => {
  let body = '';
  incoming.on('data', chunk => (body += String(chunk)));
  incoming.on('end', () => {
    if (!isFailing) received.push({ headers: incoming.headers as Record<string, string>, body });
    response.writeHead(isFailing ? 500 : 204).end();
  });
});
let url: string;
let server: Server;
let log = '';

const start = async () => {
  const { configuration } = readConfiguration({
    environment: {},
    flags: { data: folder.file('data'), port: '0', hardwareTypes: 'fake-hardware', webhookAllowPrivate: 'true' },
  });
  server = await startServer(configuration, pino({ level: 'trace' }, { write: (line: string) => void (log += line) }));
};

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: never;
}
const ask = async (method: string, path: string, payload?: object, headers: object = {}): Promise<Answer> => {
  const request = { method: method as 'GET', url: path, headers: headers as never, ...(payload && { payload }) };
  const { statusCode, body } = await server.app.inject(request);
  return { status: statusCode, text: body, body: (body === '' ? undefined : JSON.parse(body)) as never };
};
const webhooks = '/ferrolog/v1/webhooks';

interface Shown {
  readonly delivered_to: string;
  readonly failing: object | null;
}
/** As it is shown once the condition holds. */
const shownOnce = async (path: string, condition: (shown: Shown) => boolean): Promise<Shown> => {
  for (let asked = 0; asked < 10_000; asked++) {
    const shown = (await ask('GET', path)).body as Shown;
    if (condition(shown)) return shown;
    await turn();
  }
  throw new Error(`waited in vain for ${path}`);
};
const enrol = () =>
  ask('POST', '/v1/nodes', { driver: 'fake-hardware' }, { 'x-openstack-ironic-api-version': '1.115' });

describe('/ferrolog/v1/webhooks', () => {
  beforeAll(async () => {
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    await start();
  });
  afterAll(async () => {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    folder.remove();
  });

  it('delivers from creation on, over a restart, and shows how far it came', async () => {
    await enrol();
    const created = await ask('POST', webhooks, { url, filter: { type: ['NodeEnrolled'] } });
    expect(created).toMatchObject({ status: 201, body: { url, enabled: true, filter: { type: ['NodeEnrolled'] } } });
    const { uuid, secret } = created.body as { uuid: string; secret: string };
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await enrol();
    await until(() => received.length === 1, 'the delivery');
    const { headers, body } = received[0]!;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const digest = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(signed)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${digest}`);

    const { ferrologposition: position } = JSON.parse(body) as { ferrologposition: string };
    await shownOnce(`${webhooks}/${uuid}`, ({ delivered_to }) => delivered_to === position);
    await server.stop();
    await start();
    await enrol();
    await until(() => received.length === 2, 'the next delivery');
    expect(received[0]!.headers['webhook-id']).not.toBe(received[1]!.headers['webhook-id']);

    expect(await ask('POST', `${webhooks}/${uuid}/replay`, { from: position })).toMatchObject({ status: 202 });
    await until(() => received.length === 3, 'the replay');
    expect(received[2]!.headers['webhook-id']).toBe(received[1]!.headers['webhook-id']);
    expect(await ask('GET', `${webhooks}/${uuid}/dead-letters`)).toMatchObject({ body: { dead_letters: [] } });
    expect(await ask('DELETE', `${webhooks}/${uuid}`)).toMatchObject({ status: 204 });
    expect(await ask('GET', `${webhooks}/${uuid}`)).toMatchObject({ status: 404 });
    expect(await ask('GET', webhooks)).toMatchObject({ body: { webhooks: [] } });
  });

  it('is described, with the other ways on which events leave', async () => {
    const { status, body } = await ask('GET', '/asyncapi.json');
    expect({ status, body }).toMatchObject({ status: 200, body: { asyncapi: '3.0.0', channels: { webhook: {} } } });
  });

  it('shows why it cannot deliver', async () => {
    isFailing = true;
    const { body } = await ask('POST', webhooks, { url, from: 'start' });
    const path = `${webhooks}/${(body as { uuid: string }).uuid}`;
    const { failing } = await shownOnce(path, ({ failing }) => failing !== null);
    expect(failing).toMatchObject({ reason: 'the receiver answered 500' });
    isFailing = false;
    await ask('DELETE', path);
  });

  it.each([
    ['POST', '', { url: 'http://receiver.example/' }, 'webhook.url-refused', 400],
    ['POST', '', {}, undefined, 400],
    ['POST', '', { url: 'https://receiver.example/', more: 1 }, undefined, 400],
    ['POST', '', { url: 'https://receiver.example/', secret: 'short' }, undefined, 400],
    ['POST', '', { url: 'https://receiver.example/', from: 'elsewhere' }, undefined, 400],
    ['POST', '', { url: 'https://receiver.example/', from: '00000000-1-1' }, undefined, 410],
    ['POST', '', { url: 'https://receiver.example/', filter: { node: ['x'] } }, undefined, 400],
    ['GET', '/x', undefined, undefined, 400],
    ['GET', '/11111111-2222-4333-8444-555555555555', undefined, 'webhook.missing', 404],
    ['PATCH', '/11111111-2222-4333-8444-555555555555', { enabled: true }, 'webhook.missing', 404],
    ['DELETE', '/11111111-2222-4333-8444-555555555555', undefined, 'webhook.missing', 404],
    ['POST', '/11111111-2222-4333-8444-555555555555/replay', { from: 'start' }, 'webhook.missing', 404],
    ['PUT', '', {}, undefined, 405],
  ] as const)('refuses %s %s %j', async (method, path, payload, code, status) => {
    const answer = await ask(method, webhooks + path, payload);
    const type = code ? `https://ferrolog.dev/problems/${code}` : 'about:blank';
    expect(answer).toMatchObject({ status, body: { status, type } });
  });

  it('answers a creation that is repeated under its key as before', async () => {
    const again = () => ask('POST', webhooks, { url, enabled: false }, { 'idempotency-key': 'once' });
    const [first, second] = [await again(), await again()];
    const { uuid, secret } = first.body as { uuid: string; secret: string };
    expect(second.body).toMatchObject({ uuid, secret });
    expect((await ask('GET', webhooks)).body).toMatchObject({ webhooks: [{ uuid }] });
    await ask('DELETE', `${webhooks}/${uuid}`);
  });

  it('shows a secret once, and has it nowhere else', async () => {
    const canaries = [randomBytes(32), randomBytes(32)];
    const [given, next] = canaries.map(bytes => `whsec_${bytes.toString('base64')}`) as [string, string];
    const before = received.length;
    const created = await ask('POST', webhooks, { url, secret: given, from: 'start' });
    const { uuid } = created.body as { uuid: string };
    const path = `${webhooks}/${uuid}`;
    expect(created.body).toMatchObject({ secret: given });
    await until(() => received.length > before, 'a delivery');
    const changed = await ask('PATCH', path, { secret: next });
    expect(changed.body).toMatchObject({ secret: next });
    const made = await ask('PATCH', path, { secret: null });
    const { secret } = made.body as { secret: string };
    canaries.push(Buffer.from(secret.slice(6), 'base64'));

    const answers = [
      await ask('GET', webhooks),
      await ask('GET', path),
      await ask('PATCH', path, { enabled: false }),
      await ask('POST', `${path}/replay`, { from: 'start' }),
      await ask('GET', `${path}/dead-letters`),
      await ask('POST', webhooks, { url, secret: given, more: given }),
      await ask('POST', webhooks, { url, secret: `${next}!` }),
      await ask('PATCH', path, { secret: { value: next } }),
      await ask('POST', webhooks, { url: `https://x:${given}@receiver.example/`, secret: next }),
    ].map(({ text }) => text);
    const events = await server.app.inject({ url: '/ferrolog/v1/events?from=start&until_head=true' });
    expect(events.body).toContain('WebhookCreated');
    const files = readdirSync(folder.file('data')).map(name => readFileSync(join(folder.file('data'), name)));
    expect(files.some(content => content.includes(uuid))).toBe(true);
    const everything = [...files, ...answers, events.body, log, JSON.stringify(received)].map(content =>
      Buffer.from(content),
    );
    for (const canary of canaries)
      for (const form of [canary, canary.toString('base64'), canary.toString('hex'), canary.toString('base64url')])
        expect(everything.filter(content => content.includes(form))).toHaveLength(0);
  });
});
