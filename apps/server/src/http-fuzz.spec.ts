import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '#configuration';
import { createLogger } from './logger.js';
import type { Server } from './server.js';
import { startServer } from './server.js';

// Requests that no client would send, and many that one might by mistake: never a 500, always the right envelope.

const scratch = mkdtempSync(join(tmpdir(), 'ferrolog-fuzz-'));
let server: Server;
const nodes: string[] = [];

interface Answer {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Record<string, unknown>;
}

const inject = (request: object): Promise<Answer> => server.app.inject(request as never) as unknown as Promise<Answer>;

beforeAll(async () => {
  const { configuration } = readConfiguration({
    environment: {},
    flags: { data: scratch, port: '0', hardwareTypes: 'fake-hardware', logLevel: 'silent' },
  });
  server = await startServer(configuration, createLogger(configuration));
  for (const name of ['one', 'two']) {
    const { body } = await inject({
      method: 'POST',
      url: '/v1/nodes',
      headers: { 'x-openstack-ironic-api-version': '1.115' },
      payload: { driver: 'fake-hardware', name },
    });
    nodes.push((JSON.parse(body) as { uuid: string }).uuid);
  }
}, 30_000);

afterAll(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** Texts that have broken servers before. */
const nasty = fc.constantFrom(
  '', ' ', '.', '..', '../..', '%00', '%2e%2e%2f', '%', '%zz', '\u0000', "' OR 1=1 --", '__proto__', 'constructor', 'prototype', 'null',
  'undefined', 'NaN', '-1', '0', '1e309', '9'.repeat(40), 'a'.repeat(300), '~', '*', '\\', '"', '<script>', 'é', '🤖', '\u202e', 'toString', 'hasOwnProperty', 'detail', 'states', 'validate',
); // prettier-ignore
const ident = fc.oneof(
  fc.constantFrom('one', 'two', 'nosuch', '11111111-2222-4333-8444-555555555555'),
  nasty,
  fc.string({ maxLength: 20 }),
);
const segment = fc.oneof(ident.map(encodeURIComponent), nasty);
const word = fc.constantFrom(
  'nodes', 'ports', 'chassis', 'drivers', 'conductors', 'lookup', 'heartbeat', 'detail', 'states', 'provision', 'power', 'raid', 'console', 'boot_mode', 'secure_boot',
  'management', 'boot_device', 'supported', 'inject_nmi', 'indicators', 'maintenance', 'vifs', 'traits', 'bios', 'firmware', 'history', 'inventory', 'children', 'vmedia',
  'vendor_passthru', 'methods', 'validate', 'properties', 'v1', 'ferrolog', 'events', 'timeline', 'why', 'led@system', 'CUSTOM_A', 'allocations', 'portgroups', 'volume', 'shards',
); // prettier-ignore
const known = fc.constantFrom(
  '/v1/nodes', '/v1/nodes/one', '/v1/nodes/one/states/provision', '/v1/nodes/one/states/power', '/v1/nodes/one/states/raid', '/v1/nodes/one/states/console',
  '/v1/nodes/one/states/boot_mode', '/v1/nodes/one/states/secure_boot', '/v1/nodes/one/management/boot_device', '/v1/nodes/one/management/inject_nmi',
  '/v1/nodes/one/management/indicators/led@system', '/v1/nodes/one/maintenance', '/v1/nodes/one/vifs', '/v1/nodes/one/traits', '/v1/nodes/one/traits/CUSTOM_A',
  '/v1/nodes/one/bios', '/v1/nodes/one/firmware', '/v1/nodes/one/history', '/v1/nodes/one/inventory', '/v1/nodes/one/vmedia', '/v1/nodes/one/vendor_passthru/third_method_sync',
  '/v1/nodes/one/vendor_passthru', '/v1/nodes/one/ports', '/v1/nodes/validate', '/v1/ports', '/v1/chassis', '/v1/drivers', '/v1/drivers/fake-hardware/properties', '/v1/conductors',
  '/v1/lookup', '/v1/heartbeat/one', '/ferrolog/v1/nodes/one', '/ferrolog/v1/nodes/one/timeline', '/ferrolog/v1/nodes/one/why', '/ferrolog/v1/status', '/ferrolog/v1/webhooks', '/ferrolog/v1/webhooks/11111111-2222-4333-8444-555555555555', '/ferrolog/v1/webhooks/11111111-2222-4333-8444-555555555555/replay', '/', '/v1', '/v1/', '/metrics', '/healthz',
); // prettier-ignore
const path = fc.oneof(
  { weight: 3, arbitrary: known },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof({ weight: 3, arbitrary: word }, segment), { minLength: 1, maxLength: 6 })
      .map(parts => `/v1/${parts.join('/')}`),
  },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 4 }).map(parts => `/${parts.join('/')}`) },
);
const parameter = fc.tuple(
  fc.constantFrom('limit', 'marker', 'sort_key', 'sort_dir', 'fields', 'detail', 'provision_state', 'maintenance', 'associated', 'driver', 'as_of', 'dry_run', 'address', 'node', 'node_uuid', 'instance_uuid', 'fault', 'shard', 'description_contains', 'addresses', 'reset_interfaces', 'method', 'nosuch', '__proto__', 'conductor_groups', 'device_types', 'type'), // prettier-ignore
  fc.oneof(
    nasty,
    fc.constantFrom(
      '1',
      'true',
      'False',
      'uuid',
      'uuid,name',
      'asc',
      'desc',
      'available',
      '2026-01-01',
      '52:54:00:00:00:01',
    ),
    fc.string({ maxLength: 10 }),
  ),
);
const query = fc
  .array(parameter, { maxLength: 3 })
  .map(pairs =>
    pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`,
  );

const key = fc.oneof(
  fc.constantFrom('driver', 'name', 'uuid', 'target', 'extra', 'properties', 'driver_info', 'instance_info', 'maintenance', 'reason', 'op', 'path', 'value', 'traits', 'id', 'address', 'node_uuid', 'boot_device', 'persistent', 'enabled', 'configdrive', 'clean_steps', 'deploy_steps', 'interface', 'step', 'args', 'priority', 'rescue_password', 'callback_url', 'agent_token', 'agent_version', 'logical_disks', 'raid_level', 'size_gb', '$sealed', '$blob', 'conductor_group', 'network_data', 'chassis_uuid', 'parent_node', 'timeout', 'description'), // prettier-ignore
  nasty,
);
const leaf = fc.oneof(nasty, fc.constant(null), fc.boolean(), fc.integer(), fc.double(), fc.string({ maxLength: 30 }), fc.constantFrom('fake-hardware', 'manage', 'provide', 'active', 'clean', 'deleted', 'power on', 'add', 'replace', 'remove', '/extra/a', '/name', '/driver_info/x', '/driver', 'deploy', 'erase_devices', 'hold', 'MAX', '1', 'uefi', 'CUSTOM_A', '52:54:00:00:00:01', 'https://127.0.0.1:9')); // prettier-ignore
const json = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
})).value;
const payload = fc.oneof(
  { weight: 6, arbitrary: json.map(value => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      '{',
      '[',
      '{"a":',
      '"',
      '\u0000',
      'nul',
      '[1,]',
      '{"driver":"fake-hardware"',
      '{"__proto__":{"x":1}}',
      '['.repeat(5_000),
      `${'['.repeat(60)}${']'.repeat(60)}`,
    ),
  },
);
const version = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1.115', '1.82', '1.1', '1.38', 'latest') },
  fc.integer({ min: 1, max: 115 }).map(minor => `1.${minor}`),
  fc.constantFrom('2.0', '1.0', '1.116', 'x', '', '1', '1.1.1', '1.-1', 'nova 2.1'),
);
/** Requests as clients send them … */
const sensible: readonly (readonly [string, string, unknown?])[] = [
  [
    'POST',
    '/v1/nodes',
    { driver: 'fake-hardware', extra: { a: 1 }, driver_info: { fake_power_delay: 0, secret: 'x' } },
  ],
  ['PATCH', '/v1/nodes/one', [{ op: 'add', path: '/extra/a', value: 1 }]],
  [
    'PATCH',
    '/v1/nodes/two',
    [
      { op: 'replace', path: '/driver_info', value: { password: 'x' } },
      { op: 'remove', path: '/name' },
    ],
  ],
  ['PUT', '/v1/nodes/one/states/provision', { target: 'manage' }],
  ['PUT', '/v1/nodes/one/states/provision', { target: 'provide' }],
  [
    'PUT',
    '/v1/nodes/one/states/provision',
    {
      target: 'active',
      configdrive: { meta_data: {} },
      deploy_steps: [{ interface: 'deploy', step: 'hold', args: {}, priority: 90 }],
    },
  ],
  [
    'PUT',
    '/v1/nodes/one/states/provision',
    { target: 'clean', clean_steps: [{ interface: 'deploy', step: 'erase_devices' }] },
  ],
  ['PUT', '/v1/nodes/one/states/provision', { target: 'rescue', rescue_password: 'x' }],
  ['PUT', '/v1/nodes/one/states/provision?dry_run=true', { target: 'deleted' }],
  ['PUT', '/v1/nodes/one/states/provision', { target: 'deleted' }],
  ['PUT', '/v1/nodes/one/states/power', { target: 'power on', timeout: 1 }],
  ['PUT', '/v1/nodes/one/states/raid', { logical_disks: [{ size_gb: 1, raid_level: '1' }] }],
  ['PUT', '/v1/nodes/one/states/boot_mode', { target: 'uefi' }],
  ['PUT', '/v1/nodes/one/states/secure_boot', { target: true }],
  ['PUT', '/v1/nodes/one/states/console', { enabled: true }],
  ['PUT', '/v1/nodes/one/management/boot_device', { boot_device: 'pxe', persistent: false }],
  ['PUT', '/v1/nodes/one/management/inject_nmi', {}],
  ['PUT', '/v1/nodes/one/management/indicators/led@system', { state: 'on' }],
  ['PUT', '/v1/nodes/one/maintenance', { reason: 'x' }],
  ['DELETE', '/v1/nodes/one/maintenance'],
  ['PUT', '/v1/nodes/one/traits', { traits: ['CUSTOM_A'] }],
  ['PUT', '/v1/nodes/one/traits/CUSTOM_B'],
  ['DELETE', '/v1/nodes/one/traits/CUSTOM_B'],
  ['POST', '/v1/nodes/one/vifs', { id: 'v1' }],
  ['DELETE', '/v1/nodes/one/vifs/v1'],
  ['POST', '/v1/nodes/one/vmedia', { device_type: 'cdrom', image_url: 'http://127.0.0.1:9/x.iso' }],
  ['DELETE', '/v1/nodes/one/vmedia?device_types=cdrom'],
  ['POST', '/v1/nodes/one/vendor_passthru?method=third_method_sync', { bar: 'woof' }],
  ['POST', '/v1/ports', { address: '52:54:00:00:00:01', node_ident: 'one' }],
  ['PATCH', '/v1/ports/52:54:00:00:00:01', [{ op: 'replace', path: '/extra', value: { a: 1 } }]],
  ['POST', '/v1/chassis', { description: 'x' }],
  ['POST', '/v1/heartbeat/one', { callback_url: 'https://127.0.0.1:9', agent_version: '1', agent_token: 'x' }],
  ['GET', '/v1/lookup?addresses=52:54:00:00:00:01'],
  ['GET', '/v1/nodes?limit=1&sort_key=updated_at&fields=uuid,name'],
  ['GET', '/v1/nodes/one?as_of=0'],
  ['DELETE', '/v1/nodes/two'],
  [
    'POST',
    '/ferrolog/v1/webhooks',
    { url: 'https://127.0.0.1:9/', secret: null, from: 'start', enabled: true, filter: { type: ['Node'] } },
  ],
  ['PATCH', '/ferrolog/v1/webhooks/11111111-2222-4333-8444-555555555555', { enabled: true }],
  ['POST', '/ferrolog/v1/webhooks/11111111-2222-4333-8444-555555555555/replay', { from: 'now' }],
];

/** … and what a slip makes of their bodies: a member gone, another value, another member. */
const slip = fc.oneof(
  fc.constant(undefined),
  fc.tuple(fc.constantFrom('drop', 'replace', 'add'), fc.nat({ max: 30 }), key, json),
);
const withSlip = (body: unknown, chosen: readonly [string, number, string, unknown] | undefined): unknown => {
  if (!chosen || typeof body !== 'object' || body === null) return body;
  const [kind, place, name, value] = chosen;
  if (Array.isArray(body))
    return body.map((item, index) => (index === place % body.length ? withSlip(item, chosen) : item));
  const entries = Object.entries(body);
  const at = place % Math.max(1, entries.length);
  if (kind === 'add') return Object.fromEntries([...entries, [name, value]]);
  return Object.fromEntries(
    entries.flatMap(([member, old], index) =>
      index !== at ? [[member, old]] : kind === 'drop' ? [] : [[member, value]],
    ),
  );
};
const nearly = fc
  .record({
    chosen: fc.constantFrom(...sensible),
    slip,
    headers: fc.record({ 'x-openstack-ironic-api-version': fc.constantFrom('1.115', '1.115', '1.82') }),
    isStale: fc.integer({ min: 0, max: 9 }).map(one => one === 0),
  })
  .map(({ chosen: [method, url, body], slip, headers, isStale }) => ({
    method,
    url,
    headers: isStale ? { ...headers, 'if-match': '"99999"' } : headers,
    payload: body === undefined ? undefined : JSON.stringify(withSlip(body, slip as never)),
  }));

const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  url: fc.tuple(path, query).map(([where, what]) => where + what),
  payload,
  headers: fc.record(
    {
      'x-openstack-ironic-api-version': version,
      'content-type': fc.constantFrom(
        'application/json',
        'text/plain',
        'application/json; charset=utf-16',
        'multipart/form-data',
      ),
      'if-match': fc.constantFrom('"0"', '*', 'W/"1"', 'x'),
      'idempotency-key': fc.constantFrom('k1', 'k2', 'k'.repeat(300)),
    },
    { requiredKeys: ['x-openstack-ironic-api-version'] },
  ),
});

describe('whatever is sent', () => {
  const statuses = new Map<number, number>();

  it('is answered with no 500, in the envelope of its API', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, nearly), async one => {
        // A follower of events never ends by itself.
        if (one.url.includes('/ferrolog/v1/events')) return;
        // What is no URL even for the test's own client cannot be sent.
        if (!URL.canParse(one.url, 'http://x')) return;
        const answer = await inject(one);
        statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
        if (answer.statusCode >= 500 && answer.statusCode !== 503)
          throw new Error(`${answer.statusCode} ${answer.body}`);
        if (answer.statusCode >= 400) expectEnvelope(one.url, answer);
      }),
      { numRuns: 6_000, seed: 20_261_121 },
    );
  }, 120_000);

  it('was of many kinds', () => {
    for (const status of [200, 202, 204, 400, 404, 405, 406, 412]) expect([...statuses.keys()]).toContain(status);
  });

  it('leaves the server as it was', async () => {
    const { statusCode } = await inject({ method: 'GET', url: '/readyz' });
    expect(statusCode).toBe(200);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

const expectEnvelope = (url: string, { body, headers }: Answer): void => {
  const value = JSON.parse(body) as Record<string, unknown>;
  if (new URL(url, 'http://x').pathname.startsWith('/ferrolog')) {
    expect(headers['content-type']).toMatch('application/problem+json');
    expect(value).toMatchObject({ status: expect.any(Number), title: expect.any(String) });
    return;
  }
  // Bodies that are refused before anybody looks at them stand bare (Ironic API reference).
  if ('faultcode' in value) return;
  const inner = JSON.parse(value.error_message as string) as Record<string, unknown>;
  expect('faultstring' in inner || 'title' in inner).toBe(true);
  expect(JSON.stringify(value)).not.toMatch(/\bat .*\.js:\d+/);
};
