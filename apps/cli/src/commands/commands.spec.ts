import { describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn } from '../fake-io.js';

describe('config', () => {
  it('prints what is in force and where it came from', async () => {
    const environment = { FERROLOG_LOG_LEVEL: 'warn' };
    const { out, exitCode } = await runIn(
      { environment },
      'config',
      '--port',
      '7000',
      '--fast-track',
      '--data',
      '/srv/metal',
    );
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^port +7000 +flag --port$/m);
    expect(out).toMatch(/^fastTrack +true +flag --fast-track$/m);
    expect(out).toMatch(/^logLevel +warn +variable FERROLOG_LOG_LEVEL$/m);
    expect(out).toMatch(/^masterKey +\/srv\/metal\/master.key +default$/m);
  });

  it('shows no secret', async () => {
    const environment = {
      FERROLOG_EVENT_STORE: 'postgres://u:hunter1@d/f',
      FERROLOG_DATABASE: 'postgres://u:hunter1@d/f',
      FERROLOG_MASTER_KEY: '/k',
      FERROLOG_WORK_LOG: 'kafkas://k',
      FERROLOG_WORK_LOG_USER: 'u',
      FERROLOG_WORK_LOG_PASSWORD: 'hunter2',
    };
    for (const form of [[], ['--json']]) {
      const { out, exitCode } = await runIn({ environment }, 'config', ...form);
      expect([exitCode, out]).toEqual([0, expect.stringMatching(/FERROLOG_WORK_LOG_PASSWORD/)]);
      expect(out).not.toMatch(/hunter/);
    }
  });

  it('reads a file, and prints JSON', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ferrolog-cli-')), 'ferrolog.yaml');
    writeFileSync(file, 'workers: 7\nhardwareTypes: [fake-hardware]\n');
    const { out } = await runIn({}, 'config', '--config', file, '--json');
    expect(JSON.parse(out)).toEqual(
      expect.arrayContaining([
        { name: 'workers', value: 7, origin: `file ${file}` },
        { name: 'hardwareTypes', value: ['fake-hardware'], origin: `file ${file}` },
      ]),
    );
  });
});

describe('timeline', () => {
  const answers = {
    '/ferrolog/v1/nodes/a%20b/timeline?as_of=2026-01-01T00%3A00%3A00%2B01%3A00': { runs: [], actions: [], events: [] },
  };

  it('asks for a name and an instant as they are', async () => {
    const { out, exitCode } = await runIn(
      { answers },
      'timeline',
      'a b',
      '--as-of',
      '2026-01-01T00:00:00+01:00',
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({ runs: [], actions: [], events: [] });
  });
});

describe('plan', () => {
  const path = '/v1/nodes/bm-01/states/provision?dry_run=true';
  const answers = {
    [path]: { node: 'u', steps: [], follows: [], events: [], provision_state: { from: 'available', to: 'deploying' } },
  };
  const steps = [{ interface: 'bios', step: 'factory_reset' }];

  it('rehearses a target with its steps, from the line or from a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ferrolog-cli-')), 'steps.json');
    writeFileSync(file, JSON.stringify(steps));
    for (const given of [JSON.stringify(steps), file]) {
      const { exitCode, requests } = await runIn({ answers }, 'plan', 'bm-01', 'active', '--deploy-steps', given);
      expect(exitCode).toBe(0);
      expect(requests).toMatchObject([{ method: 'PUT', body: { target: 'active', deploy_steps: steps } }]);
    }
  });

  it('never sends a change: every request is a rehearsal', async () => {
    const { requests } = await runIn({ answers }, 'plan', 'bm-01', 'deleted');
    expect(requests.map(({ url }) => new URL(url).searchParams.get('dry_run'))).toEqual(['true']);
  });
});

describe('diff', () => {
  it('compares two instants, or one with now', async () => {
    const answers = {
      '/v1/nodes/bm-01?as_of=3': { name: 'bm-01', power_state: null },
      '/v1/nodes/bm-01': { name: 'bm-01', power_state: 'power on' },
    };
    const { out } = await runIn({ answers }, 'diff', 'bm-01', '--at', '3', '--json');
    const changes = [{ field: 'power_state', before: null, after: 'power on' }];
    expect(JSON.parse(out)).toEqual({ node: 'bm-01', from: '3', to: null, changes });
    const same = await runIn({ answers }, 'diff', 'bm-01', '--at', '3', '--at', '3');
    expect(same.out).toBe('Nothing changed on node bm-01 between 3 and 3.');
  });
});

describe('rebuild', () => {
  it('has a server do it', async () => {
    const answers = { '/ferrolog/v1/rebuild': { events: 12, position: 'x-1-c', seconds: 0.25 } };
    const { out, requests } = await runIn({ answers }, 'rebuild');
    expect(out).toBe('The read model was built anew from 12 events in 250 ms.');
    expect(requests).toMatchObject([{ method: 'POST' }]);
  });
});

describe('doctor', () => {
  const status = {
    time: new Date(0).toISOString(),
    store: { position: 3 },
    read_model: { behind: 0 },
    nodes: {},
    conductors: [],
    drivers: [],
    work: [],
    open_work: [],
    impediments: [],
  };

  it('exits 1 when a check fails, and prints all of them', async () => {
    const { exitCode, out, err } = await runIn({ answers: { '/ferrolog/v1/status': status } }, 'doctor', '--json');
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: 'ferrolog: 2 checks failed.' });
    const { findings } = JSON.parse(out) as { findings: { level: string; check: string }[] };
    expect(findings.filter(({ level }) => level === 'FAIL').map(({ check }) => check)).toEqual([
      'conductors',
      'drivers',
    ]);
  });
});

describe('migrate', () => {
  const postgres = 'postgres://ferrolog:canary@db/ferrolog';
  const refused = async (...args: string[]) => {
    const { exitCode, err } = await runIn({}, 'migrate', ...args);
    expect(err).not.toContain('canary');
    return { exitCode, err };
  };

  it('says what it takes, and shows no password', async () => {
    expect(await refused('--to', postgres)).toMatchObject({ exitCode: 2, err: expect.stringContaining('--from') });
    for (const [from, to, said] of [
      ['/srv/metal', postgres, '--from has to be sqlite:FOLDER'],
      [postgres, postgres, '--from has to be sqlite:FOLDER'],
      ['sqlite:/srv/metal', 'mysql://u:canary@db/x', '--to has to begin with'],
      ['sqlite:/srv/metal', 'kurrentdb://u:canary@db', 'give a PostgreSQL for them with --keys-to'],
    ] as const)
      expect(await refused('--from', from, '--to', to)).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining(said),
      });
    const keys = ['--keys-to', 'kurrentdb://u:canary@db'];
    expect(await refused('--from', 'sqlite:/srv/metal', '--to', postgres, ...keys)).toMatchObject({ exitCode: 2 });
  });

  it('refuses a folder that is no data folder, and makes none', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'ferrolog-cli-')), 'nothing');
    const { exitCode, err } = await refused('--from', `sqlite:${folder}`, '--to', postgres);
    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: `ferrolog: ${folder} is no data folder: it holds no events.`,
    });
    expect(existsSync(folder)).toBe(false);
  });
});

describe('after-restore', () => {
  it('says what it means, shows no password, and does nothing without --yes', async () => {
    const environment = { FERROLOG_DATABASE: 'postgres://d/f', FERROLOG_MASTER_KEY: '/k' };
    const store = ['--event-store', 'postgres://u:hunter1@nowhere.invalid/f'];
    const { exitCode, out, err } = await runIn({ environment }, 'after-restore', ...store);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toMatch(/Nothing was done yet.*u:\*\*\*@nowhere[^]*run it again with --yes/);
  });
});
