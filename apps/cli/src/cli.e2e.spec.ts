import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import bcrypt from 'bcryptjs';
import Database from 'better-sqlite3';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './e2e/ferrolog.js';
import { binary, endAll, ferrolog, start } from './e2e/ferrolog.js';

// The binary as it ships, against a server that it runs itself.

const folder = mkdtempSync(join(tmpdir(), 'ferrolog-e2e-'));
const data = join(folder, 'data');
const quiet = ['--hardware-types', 'fake-hardware', '--log-level', 'error'];
const asUser = { FERROLOG_USER: 'ann', FERROLOG_PASSWORD: 'secret' };

let server: Running;
let url: string;

const serve = async (...args: string[]): Promise<[Running, string]> => {
  const running = start(['serve', ...quiet, ...args]);
  const [, address] = await running.until(/Ferrolog answers at (\S+)/);
  return [running, address!];
};

/** A command that asks the server, as a user that it knows. */
const ask = (...args: string[]) => ferrolog(args, { env: { ...asUser, FERROLOG_SERVER: url } });

const api = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Basic ${btoa('ann:secret')}`,
      'x-openstack-ironic-api-version': '1.115',
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return JSON.parse((await response.text()) || '{}') as Record<string, unknown>;
};

const provision = async (node: string, target: string, state: string): Promise<void> => {
  await api('PUT', `/v1/nodes/${node}/states/provision`, { target });
  for (;;) {
    const { provision_state: now } = await api('GET', `/v1/nodes/${node}`);
    if (now === state) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
};

beforeAll(async () => {
  const htpasswd = join(folder, 'htpasswd');
  writeFileSync(htpasswd, `ann:${bcrypt.hashSync('secret', 4)}\n`);
  [server, url] = await serve('--data', data, '--port', '0', '--auth-strategy', 'http_basic', '--htpasswd', htpasswd);
  await api('POST', '/v1/nodes', { driver: 'fake-hardware', name: 'good' });
  await api('POST', '/v1/nodes', { driver: 'fake-hardware', name: 'bad', driver_info: { fake_power_fail: '*' } });
  await provision('good', 'manage', 'manageable');
  await provision('good', 'provide', 'available');
  await provision('bad', 'manage', 'enroll');
});

afterAll(async () => {
  await endAll();
  rmSync(folder, { recursive: true });
});

describe('the binary', () => {
  it('works from any folder and through symbolic links', async () => {
    const link = join(folder, 'ferrolog');
    symlinkSync(binary, join(folder, 'one step'));
    symlinkSync('one step', link);
    const { code, out } = await ferrolog(['config', '--json', '--workers', '7'], { cwd: tmpdir() }, link);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toContainEqual({ name: 'workers', value: 7, origin: 'flag --workers' });
  });

  it('ends quietly when nobody reads on', async () => {
    const script = `'${binary}' follow --from start --server '${url}' --user ann --password-file '${join(folder, 'pw')}' | head -n 1`;
    writeFileSync(join(folder, 'pw'), 'secret\n');
    const { code, out, err } = await ferrolog(['-c', script], {}, '/bin/sh');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/ConductorRegistered/);
  });
});

describe('commands about nodes', () => {
  it('timeline shows what was done', async () => {
    const { code, out } = await ask('timeline', 'good');
    expect(code).toBe(0);
    expect(out).toMatch(/Node good \(.*\) is "available"\./);
    expect(out).toMatch(/verifying → manageable/);
    expect(out).toMatch(/power\.get_power_state +\d+ ms +done/);
    const early = await ask('timeline', 'good', '--events', '--as-of', '0');
    expect(early.out).toMatch(/is "enroll"[^]*NodeEnrolled/);
    expect(early.out).not.toMatch(/Verification/);
  });

  it('why names the reason and the chain', async () => {
    const { code, out } = await ask('why', 'bad');
    expect(code).toBe(0);
    expect(out).toMatch(/told to fail[^]*VerificationStepFailed[^]*VerificationStarted .*user ann/);
    expect((await ask('why', 'good')).out).toMatch(/Nothing has failed/);
  });

  it('plan lists what is possible and rehearses it without doing it', async () => {
    expect((await ask('plan', 'good')).out).toMatch(/active +deploying +active\nmanage +manageable +manageable/);
    const { code, out } = await ask('plan', 'good', 'active');
    expect(code).toBe(0);
    expect(out).toMatch(/from "available" to "deploying", on its way to "active"[^]*deploy\.deploy/);
    const refused = await ask('plan', 'good', 'provide');
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/"provide" can not be performed/) });
    expect(await api('GET', '/v1/nodes/good')).toMatchObject({ provision_state: 'available' });
  });

  it('diff compares two instants', async () => {
    const { code, out } = await ask('diff', 'good', '--at', '0', '--json');
    expect(code).toBe(0);
    const { changes } = JSON.parse(out) as { changes: object[] };
    expect(changes).toContainEqual({ field: 'provision_state', before: 'enroll', after: 'available' });
    expect(await ask('diff', 'good', '--at', 'yesterday')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ferrolog: as_of must be a revision or an ISO 8601 time/),
    });
  });

  it('asks for a password where one is wanted', async () => {
    const { code, err } = await ferrolog(['why', 'bad', '--server', url]);
    expect(code).toBe(1);
    expect(err).toMatch(/asks for a name and a password.*--password-file/);
  });

  it('exits 3 where no server is', async () => {
    const { code, err } = await ferrolog(['timeline', 'x', '--server', 'http://127.0.0.1:9']);
    expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 3, lines: 1 });
  });
});

describe('commands about the server', () => {
  it('rebuild builds the read model anew', async () => {
    const { code, out } = await ask('rebuild');
    expect(code).toBe(0);
    expect(out).toMatch(/built anew from \d\d+ events/);
    expect(await api('GET', '/v1/nodes/good')).toMatchObject({ provision_state: 'available' });
  });

  it('doctor finds a healthy server, and a healthy folder below it', async () => {
    const { code, out } = await ask('doctor', '--data', data, '--server', url);
    expect(out).not.toMatch(/^(WARN|FAIL)/m);
    expect(out).toMatch(/OK +database +.*events\.sqlite is sound[^]*OK +conductors +alive/);
    expect(code).toBe(0);
  });

  it('a rebuild without a server is refused while there is one', async () => {
    const { code, err } = await ferrolog(['rebuild', '--data', data]);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^ferrolog: Another Ferrolog is running on /),
    });
  });
});

/** One line on standard error, an exit code, and no stack. */
const startFails = async (code: number, sentence: RegExp, args: readonly string[], uid?: number) => {
  const ended = await ferrolog(['serve', ...quiet, '--port', '0', ...args], uid === undefined ? {} : { uid });
  expect(ended.err).toMatch(sentence);
  expect(ended.err).not.toMatch(/\n +at /);
  expect(ended).toMatchObject({ code, out: '' });
};

describe('serve says why it cannot start', () => {
  let spare: string;
  const copy = (name: string): string => {
    cpSync(spare, join(folder, name), { recursive: true });
    return join(folder, name);
  };

  beforeAll(async () => {
    spare = join(folder, 'spare');
    const [other] = await serve('--data', spare, '--port', '0');
    expect((await other.stop()).code).toBe(0);
  });

  it('where the port is taken', () =>
    startFails(1, /^ferrolog: Port \d+ of 127\.0\.0\.1 is taken by another program/, [
      '--data',
      spare,
      '--port',
      new URL(url).port,
    ]));

  it('where another process has the data', () =>
    startFails(1, /^ferrolog: Another Ferrolog is running on the data folder/, ['--data', data]));

  it('where the data may not be written', async () => {
    const readOnly = join(folder, 'read-only');
    mkdirSync(readOnly, { mode: 0o555 });
    // Nothing is forbidden to root: it becomes nobody.
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    await startFails(
      1,
      /^ferrolog: The data folder .* cannot be used: it may not be written to/,
      ['--data', readOnly],
      uid,
    );
  });

  it.each(['events', 'keys'])('where the %s are damaged', async name => {
    const damaged = copy(`damaged-${name}`);
    writeFileSync(join(damaged, `${name}.sqlite`), 'no database '.repeat(1000));
    await startFails(1, new RegExp(`^ferrolog: .*${name}\\.sqlite cannot be opened: .*damaged.*backup`), [
      '--data',
      damaged,
    ]);
  });

  it('where the data are of a newer version', async () => {
    const newer = copy('newer');
    const database = new Database(join(newer, 'events.sqlite'));
    database.pragma('user_version = 99');
    database.close();
    await startFails(1, /^ferrolog: .*written by a newer Ferrolog \(data format 99/, ['--data', newer]);
  });

  it('where the master key is another one, or others can read it', async () => {
    const key = join(folder, 'other.key');
    writeFileSync(key, Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
    await startFails(1, /^ferrolog: .*written under another master key/, ['--data', spare, '--master-key', key]);
    const open = join(folder, 'open.key');
    writeFileSync(open, Buffer.alloc(32, 7).toString('base64'), { mode: 0o644 });
    await startFails(1, /^ferrolog: .*can be read by others: chmod 600/, ['--data', spare, '--master-key', open]);
  });

  it('where a driver is unknown', () =>
    startFails(2, /^ferrolog: There is no driver tape\. There are: /, ['--data', spare, '--hardware-types', 'tape']));

  it('where the configuration is wrong: every bad value', async () => {
    const args = ['serve', '--port', 'x', '--workers', '0'];
    const { code, err } = await ferrolog(args, { env: { FERROLOG_COLOUR: 'red', FERROLOG_MAX_LIMIT: '0' } });
    expect(code).toBe(2);
    expect(err.trim().split('\n')).toEqual([
      'ferrolog: The configuration is wrong:',
      expect.stringMatching(/FERROLOG_COLOUR/),
      expect.stringMatching(/--port.*"x"/),
      expect.stringMatching(/--workers.*"0"/),
      expect.stringMatching(/FERROLOG_MAX_LIMIT.*"0"/),
    ]);
  });

  it('where everybody would be let in from afar', () =>
    startFails(2, /host 0\.0\.0\.0 can be reached from other machines/, ['--data', spare, '--host', '0.0.0.0']));

  it('where the password file is missing', () =>
    startFails(2, /^ferrolog: The password file .*htpasswd cannot be read/, [
      '--data',
      spare,
      '--auth-strategy',
      'http_basic',
    ]));
});

describe('the end of a server', () => {
  it('comes with the signal, and followers go on where they were when it is back', async () => {
    const own = join(folder, 'own');
    const [first, address] = await serve('--data', own, '--port', '0');
    const follower = start([
      'follow',
      '--json',
      '--type',
      'ConductorRegistered',
      '--from',
      'start',
      '--server',
      address,
    ]);
    await follower.until(/"revision":0/);
    expect(await first.stop()).toMatchObject({ code: 0, err: '' });

    const [second] = await serve('--data', own, '--port', new URL(address).port, '--conductor-group', 'rack-1');
    await follower.until(/"revision":1/);
    const { out } = await follower.stop('SIGINT');
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(await second.stop('SIGINT')).toMatchObject({ code: 0 });

    const rebuilt = await ferrolog(['rebuild', '--data', own, '--json']);
    expect(JSON.parse(rebuilt.out)).toMatchObject({ events: 2 });
  });
});

describe('quickstart', () => {
  let kept: Running;
  // Both at once: a demo takes its time.
  beforeAll(() => {
    kept = start(['quickstart', '--port', '0', '--data', join(folder, 'demo')]);
  });

  it('shows a life and a failure, on another port where the usual one is taken', async () => {
    const other = createServer();
    other.listen(6385, '127.0.0.1');
    // Whoever else has it will do, too.
    await once(other, 'listening').catch(() => undefined);
    const { code, out, err } = await ferrolog(['quickstart', '--exit'], { cwd: folder });
    other.close();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/Port 6385 is taken: a free one is used instead\./);
    expect(out).toContain(`fresh data folder ${join(folder, 'data/quickstart')}`);
    for (const state of [
      'enroll',
      'verifying',
      'inspecting',
      'cleaning',
      'deploying',
      'rescue',
      'unrescuing',
      'deleting',
    ])
      expect(out).toMatch(new RegExp(`s  bm-01  ${state} `));
    expect(out).toMatch(/DeploymentStepCompleted +bios\.apply_configuration, took/);
    expect(out).toMatch(/Node bm-02 \(.*\) is "deploy failed"/);
    expect(out.match(/^bm-\d\d +available/gm)).toHaveLength(9);
  });

  it('keeps serving after the demo until it is told to stop', async () => {
    const [, address] = await kept.until(/Ferrolog keeps serving at (\S+)/);
    const why = await ferrolog(['why', 'bm-02', '--server', address!]);
    expect(why.out).toMatch(/fake_deploy_fail/);
    expect(await kept.stop('SIGINT')).toMatchObject({ code: 0, err: '' });
  });
});

it('ends without a complaint after all of this', async () => {
  expect(await server.stop()).toMatchObject({ code: 0, err: '' });
});
