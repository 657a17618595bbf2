import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfiguration } from '#configuration';
import { readOrCreateMasterKey } from '#secrets';
import type { TemporaryFolder } from '#testing';
import { StandInProcess, temporaryFolder } from '#testing';
import type { FailingWay, PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { CannotStart } from '../cannot-start.js';
import { createLogger } from '../logger.js';
import type { Server } from '../server.js';
import { startServer } from '../server.js';

const main = join(import.meta.dirname, '../main.js');

/** Whoever asks may repeat it: what stands behind is not there yet. */
describe('A server whose engines are away', () => {
  let postgres: PostgresOfSpecs;
  let store: StandInProcess;
  let folder: TemporaryFolder;
  let way: FailingWay;
  let port: number;
  let server: Server | undefined;

  beforeAll(async () => {
    postgres = await postgresOfSpecs();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    store = await StandInProcess.start();
    folder = temporaryFolder();
    readOrCreateMasterKey(folder.file('master.key'));
    way = await failingWay(await postgres.database());
    port = await freePort();
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await way.close();
    await store.dispose();
    folder.remove();
  });

  const settings = (): Record<string, string> => ({
    FERROLOG_DATA: folder.file('data'),
    FERROLOG_MASTER_KEY: folder.file('master.key'),
    FERROLOG_PORT: String(port),
    FERROLOG_HARDWARE_TYPES: 'fake-hardware',
    FERROLOG_LOG_LEVEL: 'fatal',
    FERROLOG_DATABASE: way.url,
    FERROLOG_EVENT_STORE: store.connectionString,
  });
  const start = (changes: Record<string, string> = {}) => {
    const { configuration } = readConfiguration({ environment: { ...settings(), ...changes } });
    return startServer(configuration, createLogger(configuration));
  };
  const ask = async (path: string, init?: RequestInit) => {
    const headers = { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, ...init });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: JSON.parse(await response.text()) as Record<string, unknown>,
    };
  };
  /** Until somebody listens who says what is looked for. */
  const seen = async (path: string, condition: (answer: Awaited<ReturnType<typeof ask>>) => boolean) => {
    for (; ; await sleep(50)) {
      const answer = await ask(path).catch(() => undefined);
      if (answer && condition(answer)) return answer;
    }
  };

  it.each([
    ['PostgreSQL', /ECONNRESET|terminated|closed/, () => way.cut(), () => way.mend()],
    ['the event store', /event store does not answer/, () => store.kill(), () => store.begin()],
  ])('serves a waiting room until %s is there', async (_, reason, takeAway, bringBack) => {
    await takeAway();
    const starting = start();
    const told = await seen('/readyz', ({ body }) => reason.test(String(body.impediments)));
    expect(told.status).toBe(503);
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
    const native = await ask('/ferrolog/v1/status');
    expect(native).toMatchObject({ status: 503, retryAfter: '1', body: { status: 503 } });
    const ironic = await ask('/v1/nodes');
    expect(ironic).toMatchObject({ status: 503, retryAfter: null });
    expect(JSON.parse(ironic.body.error_message as string)).toMatchObject({ faultcode: 'Server' });

    await bringBack();
    server = await starting;
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
    expect(await ask('/v1/nodes')).toMatchObject({ status: 200, body: { nodes: [] } });
  });

  const sentenceOf = ({ body }: Awaited<ReturnType<typeof ask>>) =>
    (JSON.parse(body.error_message as string) as { faultstring: string }).faultstring;
  const send = (method: string, path: string, body: object) => ask(path, { method, body: JSON.stringify(body) });

  it('reads on while the event store is away, and refuses what would change something', async () => {
    server = await start();
    await send('POST', '/v1/nodes', { driver: 'fake-hardware', name: 'one' });
    await store.kill();
    const [refused, events] = await Promise.all([
      send('PUT', '/v1/nodes/one/maintenance', { reason: 'disks' }),
      ask('/ferrolog/v1/nodes/one/events'),
    ]);
    expect(refused).toMatchObject({ status: 503, retryAfter: null });
    expect(sentenceOf(refused)).toMatch(/event store .* repeat the request later/);
    expect(events).toMatchObject({
      status: 503,
      retryAfter: '5',
      body: { title: expect.stringMatching(/event store/) },
    });
    expect(await ask('/v1/nodes/one')).toMatchObject({ status: 200, body: { name: 'one', maintenance: false } });
    await seen('/readyz', ({ body }) => /event store cannot be reached/.test(String(body.impediments)));
    await store.begin();
    await seen('/readyz', ({ status }) => status === 200);
    expect(await send('PATCH', '/v1/nodes/one', [{ op: 'add', path: '/extra/a', value: 1 }])).toMatchObject({
      status: 200,
    });
  });

  it('refuses reads while PostgreSQL is away', async () => {
    server = await start();
    await send('POST', '/v1/nodes', { driver: 'fake-hardware', name: 'one' });
    way.cut();
    const refused = await Promise.all(
      ['/v1/nodes', '/v1/nodes/one', '/v1/conductors', '/v1/ports'].map(path => ask(path)),
    );
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 503, retryAfter: null });
      expect(sentenceOf(answer)).toMatch(/database .* repeat the request later/);
    }
    expect(await ask('/ferrolog/v1/status')).toMatchObject({ status: 503, retryAfter: '5' });
    await seen('/readyz', ({ body }) => /PostgreSQL cannot be reached/.test(String(body.impediments)));
    way.mend();
    await seen('/readyz', ({ status }) => status === 200);
    expect(await ask('/v1/nodes/one')).toMatchObject({ status: 200 });
  });

  it('ends when it is told to while it waits', async () => {
    way.cut();
    const child = spawn(process.execPath, [main], { env: settings(), stdio: 'ignore' });
    const ended = once(child, 'exit');
    await seen('/readyz', ({ status }) => status === 503);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    ['credentials', (url: URL) => (url.password = 'Wr0ng-secret'), /password authentication failed/],
    ['a database', (url: URL) => (url.pathname = 'there-is-none'), /does not exist/],
  ])('does not wait for %s to become right', async (_, spoil, sentence) => {
    const url = new URL(way.url);
    spoil(url);
    const refusal = await start({ FERROLOG_DATABASE: url.href }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CannotStart);
    const { message } = refusal as CannotStart;
    expect(message).toMatch(sentence);
    expect(message).not.toContain(url.password);
  });

  it('does not wait for an address to become one, and does not repeat it', async () => {
    const refusal = await start({ FERROLOG_EVENT_STORE: 'esdb://ann:Wr0ng-secret@h?nodePreference=follower' }).catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ isMisconfigured: true, message: expect.stringMatching(/nodePreference/) });
    expect((refusal as Error).message).not.toContain('Wr0ng-secret');
  });
});

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};
