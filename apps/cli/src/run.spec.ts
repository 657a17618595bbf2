import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn } from './fake-io.js';

const connectionRefused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
const why = '/ferrolog/v1/nodes/bm-01/why';
const problem = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });

describe('ferrolog', () => {
  it.each([['--help'], ['plan', '--help'], ['--version']])('explains itself: %s %s', async (...args) => {
    const { exitCode, out, err } = await runIn({}, ...args);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/Usage: ferrolog|^\d+\.\d+\.\d+/);
  });

  it.each([
    [['flollow'], /unknown command 'flollow'/],
    [['why'], /missing required argument 'node'/],
    [['why', 'bm-01', '--colour'], /unknown option '--colour'/],
    [['why', 'bm-01', 'bm-02'], /too many arguments/],
    [['diff', 'bm-01'], /--at <when>' not specified/],
    [['diff', 'bm-01', '--at', '1', '--at', '2', '--at', '3'], /--at can be given twice, not 3 times/],
    [['why', 'bm-01', '--server', 'metal'], /http or https address, not "metal"/],
    [['why', 'bm-01', '--user', 'ann'], /ann has no password/],
    [['why', 'bm-01', '--user', 'ann', '--password-file', '/nowhere'], /password file \/nowhere .*ENOENT/],
    [['serve', '--port', 'abc', '--workers', '0'], /port .*integer.*\n.*workers .*>= 1/],
    [['serve', '--host', '0.0.0.0'], /allowAnonymousRemote/],
    [['quickstart', '--port', '70000'], /port .*65535/],
    [['plan', 'bm-01', '--clean-steps', '[]'], /name the target, too/],
    [['plan', 'bm-01', 'clean', '--clean-steps', '[{]'], /--clean-steps takes a JSON list/],
    [['plan', 'bm-01', 'clean', '--clean-steps', '/nowhere'], /\/nowhere cannot be read \(ENOENT\)/],
  ])('says what is wrong with %j and exits 2', async (args, sentence) => {
    const { exitCode, out, err, requests } = await runIn({}, ...args);
    expect(err).toMatch(sentence);
    expect(err).toMatch(/^ferrolog: /);
    expect(err).not.toMatch(/\n\s+at /);
    expect({ exitCode, out, requests }).toEqual({ exitCode: 2, out: '', requests: [] });
  });

  it('exits 3 when no server answers, and says which', async () => {
    const { exitCode, err } = await runIn({ answers: { [why]: connectionRefused } }, 'why', 'bm-01');
    expect(exitCode).toBe(3);
    expect(err).toMatch(/No Ferrolog can be reached at http:\/\/127.0.0.1:6385: the connection is refused/);
  });

  it.each([
    [
      'a problem',
      problem(404, { detail: 'Node x could not be found.', hint: 'List them.' }),
      'Node x could not be found. List them.',
    ],
    ["Ironic's envelope", problem(409, { error_message: '{"faultstring":"It is locked."}' }), 'It is locked.'],
    [
      "the router's envelope",
      problem(406, { error_message: '{"title":"Not Acceptable","description":"Too new."}' }),
      'Not Acceptable: Too new.',
    ],
    [
      'a refusal to let in',
      problem(401, { error: { message: 'Authorization required' } }),
      '--user and --password-file',
    ],
    ['the page of another program', new Response('<html>', { status: 404 }), 'status 404 and no reason'],
    ['nonsense', new Response('<html>'), 'does not answer as Ferrolog does'],
  ])('exits 1 with the sentence in %s', async (_, answer, sentence) => {
    const { exitCode, err, out } = await runIn({ answers: { [why]: answer } }, 'why', 'bm-01');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(sentence);
  });

  it('asks the server of the flag, else that of the variable, as the user it is told', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ferrolog-cli-')), 'password');
    writeFileSync(file, 'secret\n');
    const environment = { FERROLOG_SERVER: 'http://metal/base', FERROLOG_USER: 'ann', FERROLOG_PASSWORD: 'old' };
    const [byVariable] = (await runIn({ environment }, 'why', 'bm-01')).requests;
    expect(byVariable!.url).toBe('http://metal/base/ferrolog/v1/nodes/bm-01/why');
    expect(byVariable!.headers.get('authorization')).toBe(`Basic ${btoa('ann:old')}`);
    const flags = ['--server', 'http://other:1', '--password-file', file];
    const [byFlag] = (await runIn({ environment }, 'why', 'bm-01', ...flags)).requests;
    expect(byFlag!.url).toBe('http://other:1/ferrolog/v1/nodes/bm-01/why');
    expect(byFlag!.headers.get('authorization')).toBe(`Basic ${btoa('ann:secret')}`);
  });
});
