import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';

// The server is killed at every event boundary of every operation, and at every mark that a destructive step leaves,
// and started again: each node settles, nothing acknowledged is lost, and no destructive step is begun twice.

const entry = join(import.meta.dirname, 'crashing-server.js');
const scratch = mkdtempSync(join(tmpdir(), 'ferrolog-crash-'));
/** Some thirty starts, one after another: as long as they take. */
const HOURS = 1_800_000;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const start = (data: string, plug: Record<string, string> = {}): Promise<FerrologProcess> =>
  startFerrolog({ FERROLOG_LOG_LEVEL: 'silent', ...plug }, { entry, data });

const headers = { 'X-OpenStack-Ironic-API-Version': '1.115', 'content-type': 'application/json' };
const call = async (
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, unknown> }> => {
  const answer = await fetch(url + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
};

type NodeJson = Record<string, unknown> & {
  provision_state: string;
  reservation: string | null;
  target_power_state: string | null;
};
const node = async (url: string): Promise<NodeJson> => (await call(url, 'GET', '/v1/nodes/bm')).json as NodeJson;

const resting = [
  'enroll',
  'manageable',
  'available',
  'active',
  'rescue',
  'error',
  'clean hold',
  'deploy hold',
  'service hold',
];
const isAtRest = ({ provision_state: state, reservation, target_power_state: power }: NodeJson): boolean =>
  reservation === null && power === null && (resting.includes(state) || state.endsWith('failed'));

/** A condition, not a time: the bound only keeps a defect from hanging the suite. */
const settle = async (url: string): Promise<NodeJson> => {
  for (const until = Date.now() + 60_000; ; await new Promise(resolve => setTimeout(resolve, 20))) {
    const now = await node(url);
    if (isAtRest(now)) return now;
    if (Date.now() > until) throw new Error(`the node does not settle: ${JSON.stringify(now)}`);
  }
};

const provision =
  (target: string, rest: object = {}) =>
  (url: string) =>
    call(url, 'PUT', '/v1/nodes/bm/states/provision', { target, ...rest });
const clean = provision('clean', {
  clean_steps: [
    { interface: 'deploy', step: 'erase_devices_metadata' },
    {
      interface: 'bios',
      step: 'apply_configuration',
      args: { settings: [{ name: 'ProcTurboMode', value: 'Disabled' }] },
    },
    { interface: 'deploy', step: 'erase_devices' },
  ],
});
const power = (target: string) => (url: string) => call(url, 'PUT', '/v1/nodes/bm/states/power', { target });

interface Flow {
  readonly name: string;
  /** Verbs that lead to where it begins, each settled before the next. */
  readonly before: readonly ((url: string) => Promise<unknown>)[];
  readonly run: (url: string) => Promise<{ status: number }>;
  /** Where it ends when nobody pulls a plug, and where it may end when somebody does. */
  readonly end: string;
  readonly orElse?: readonly string[];
}

const manage = provision('manage');
const provide = provision('provide');
const deploy = provision('active', {
  deploy_steps: [{ interface: 'bios', step: 'apply_configuration', args: { settings: [] }, priority: 90 }],
  configdrive: 'c2VjcmV0',
});

const flows: readonly Flow[] = [
  { name: 'verification', before: [], run: manage, end: 'manageable' },
  { name: 'inspection with a wait', before: [manage], run: provision('inspect'), end: 'manageable' },
  { name: 'automated cleaning', before: [manage], run: provide, end: 'available' },
  {
    name: 'cleaning by hand, with steps that destroy',
    before: [manage],
    run: clean,
    end: 'manageable',
    orElse: ['clean failed'],
  },
  { name: 'deployment', before: [manage, provide], run: deploy, end: 'active' },
  { name: 'tear-down and cleaning', before: [manage, provide, deploy], run: provision('deleted'), end: 'available' },
  {
    name: 'rescue',
    before: [manage, provide, deploy],
    run: provision('rescue', { rescue_password: 'canary-rescue' }),
    end: 'rescue',
  },
  {
    name: 'unrescue',
    before: [manage, provide, deploy, provision('rescue', { rescue_password: 'x' })],
    run: provision('unrescue'),
    end: 'active',
  },
  {
    name: 'service',
    before: [manage, provide, deploy],
    run: provision('service', {
      service_steps: [
        { interface: 'vendor', step: 'log_passthrough' },
        { interface: 'bios', step: 'apply_configuration', args: { settings: [] } },
      ],
    }),
    end: 'active',
  },
  { name: 'adoption', before: [manage], run: provision('adopt'), end: 'active' },
  { name: 'power on', before: [manage], run: power('power on'), end: 'manageable' },
];

describe.each(flows)('kill -9 in $name', ({ name, before, run, end, orElse = [] }) => {
  const ready = join(scratch, name.replaceAll(/\W/g, '-'));
  beforeAll(async () => {
    const server = await start(ready);
    const driver_info = { ...(name.startsWith('inspection') && { fake_inspect_wait: 1 }) };
    await call(server.url, 'POST', '/v1/nodes', { driver: 'fake-hardware', name: 'bm', driver_info });
    for (const step of before) {
      await step(server.url);
      await settle(server.url);
    }
    await server.stop();
  });

  const pull = async (plug: Record<string, string>): Promise<'survived' | 'died'> => {
    const data = join(scratch, 'run');
    rmSync(data, { recursive: true, force: true });
    cpSync(ready, data, { recursive: true });
    const doomed = await start(data, plug);
    const answer = await run(doomed.url).catch(() => undefined);
    const over = await Promise.race([
      doomed.ended.then(() => 'died' as const),
      settle(doomed.url).then(
        () => 'survived' as const,
        () => doomed.ended.then(() => 'died' as const),
      ),
    ]);
    if (over === 'survived') {
      await doomed.stop();
      return over;
    }
    const again = await start(data);
    try {
      const settled = await settle(again.url);
      const states =
        answer?.status === 202 ? [end, ...orElse] : [end, ...orElse, (await stateBefore(again.url)) ?? end];
      expect(states).toContain(settled.provision_state);
      if (settled.provision_state.endsWith('failed')) expect(settled.last_error).toMatch(/must not run twice/);
      expectNothingDestroyedTwice(data);
    } finally {
      await again.stop();
    }
    return over;
  };

  it(
    'settles from every event on',
    async () => {
      let deaths = 0;
      for (let at = 1; ; at++) {
        if ((await pull({ CRASH_AT_EVENT: String(at) })) === 'survived') break;
        deaths++;
      }
      expect(deaths).toBeGreaterThanOrEqual(3);
    },
    HOURS,
  );

  if (name.includes('destroy'))
    it(
      'settles from every mark of a destructive step on',
      async () => {
        let deaths = 0;
        for (let at = 1; (await pull({ CRASH_AT_MARK: String(at) })) === 'died'; at++) deaths++;
        expect(deaths).toBe(4);
      },
      HOURS,
    );
});

/** Where the node was before the verb: an answer that never came may mean that nothing was taken on. */
const stateBefore = async (url: string): Promise<string | undefined> => {
  const { json } = await call(url, 'GET', '/ferrolog/v1/nodes/bm/timeline');
  const states = (json.events as { provision_state?: string }[]).flatMap(
    ({ provision_state }) => provision_state ?? [],
  );
  return states.at(-1);
};

const expectNothingDestroyedTwice = (data: string): void => {
  const log = join(data, 'fake-hardware.log');
  if (!existsSync(log)) return;
  const begun = readFileSync(log, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('begun '));
  expect(new Set(begun).size).toBe(begun.length);
};
