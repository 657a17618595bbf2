import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stepsExtension } from '../extensions/steps.js';
import { standbyExtension } from '../extensions/standby.js';
import { testHardware, testMachine, until, type TestMachine } from '../test-bench.js';
import { imageChecksumError } from '../problem.js';
import type { CommandResult, Extensions } from './command.js';
import { CommandLog } from './command-log.js';
import { startAgentApi, type AgentApi } from './server.js';

// The bodies are those that a real agent gave; its transcript is the reference.

const token = 'a-token-of-thirty-two-characters';

describe('the REST API of the agent', () => {
  let machine: TestMachine;
  let api: AgentApi;
  let release: () => void;
  let ended: number;

  beforeEach(async () => {
    machine = await testMachine({ vda: 5 * 1024 ** 3 }, { sync: () => '' });
    const hardware = await testHardware(machine);
    const gate = new Promise<void>(resolve => (release = resolve));
    ended = 0;
    const extensions: Extensions = {
      clean: stepsExtension('clean', hardware),
      deploy: stepsExtension('deploy', hardware),
      standby: standbyExtension({ hardware, machine, config: () => ({}) }),
      test: {
        slow: { kind: 'async', takes: {}, run: () => gate.then(() => 'done') },
        text: { kind: 'sync', takes: {}, run: () => Promise.resolve('a text') },
        wrong: { kind: 'async', takes: {}, run: () => Promise.reject(imageChecksumError('not it')) },
        needs: { kind: 'async', takes: { image_source: 'required' }, run: () => Promise.resolve() },
      },
    };
    api = await startAgentApi({
      commands: new CommandLog(extensions, machine.journal, () => ended++),
      version: '12.0.0',
      startedAt: new Date(1000),
      token: () => token,
      host: '127.0.0.1',
      port: 0,
    });
  });

  afterEach(async () => {
    release();
    await api.close();
    await machine.remove();
  });

  const ask = async (path: string, init?: RequestInit): Promise<{ status: number; body: never }> => {
    const answer = await fetch(`http://127.0.0.1:${api.port}${path}`, { redirect: 'manual', ...init });
    const text = await answer.text();
    return { status: answer.status, body: (text ? JSON.parse(text) : undefined) as never };
  };
  const post = (body: unknown, query = `wait=true&agent_token=${token}`) =>
    ask(`/v1/commands/?${query}`, { method: 'POST', body: JSON.stringify(body) });
  const command = (name: string, params: unknown = {}, wait = true) =>
    post({ name, params }, `wait=${wait}&agent_token=${token}`) as Promise<{ status: number; body: CommandResult }>;

  it('says who it is without a token', async () => {
    expect(await ask('/')).toMatchObject({
      status: 200,
      body: { default_version: { id: 'v1' }, versions: [{ id: 'v1' }] },
    });
    expect(await ask('/v1/status')).toEqual({ status: 200, body: { started_at: 1, version: '12.0.0' } });
    expect(await ask('/status')).toMatchObject({ status: 200 });
    expect(await ask('/v1/')).toMatchObject({ status: 200, body: { id: 'v1' } });
  });

  it.each(['/v1', '/v1/commands', '/commands'])('sends %s to the address with a slash', async path => {
    const answer = await fetch(`http://127.0.0.1:${api.port}${path}`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, `${path}/`]);
  });

  it.each([
    ['no token', '/v1/commands/', undefined],
    ['a wrong one', '/commands/?agent_token=nope', undefined],
    ['one for a command', '/v1/commands/?wait=true&agent_token=nope', { name: 'standby.sync', params: {} }],
  ])('refuses %s', async (_, path, body) => {
    const answer = await ask(path, body && { method: 'POST', body: JSON.stringify(body) });
    expect(answer).toEqual({
      status: 401,
      body: { faultcode: 'Client', faultstring: '401 Unauthorized: Token invalid.' },
    });
  });

  it.each([
    [{ name: 'standby.sync' }, 400, '400 Bad Request: Missing or invalid name or params'],
    [{ name: 'standby.sync', params: [] }, 400, '400 Bad Request: Missing or invalid name or params'],
    [{ name: 'nosuch.thing', params: {} }, 404, 'Not found: Extension with id nosuch not found.'],
    [{ name: 'constructor.name', params: {} }, 404, 'Not found: Extension with id constructor not found.'],
    [{ name: 'standby.nosuch', params: {} }, 400, 'Invalid command: Unknown command: nosuch'],
    [
      { name: 'standby.prepare_image', params: { image_info: { id: 'x' } } },
      400,
      "Invalid command parameters: Image is missing 'urls' field.",
    ],
  ])('refuses %j', async (body, status, faultstring) => {
    expect(await post(body)).toEqual({ status, body: { faultcode: 'Client', faultstring } });
  });

  it('lists the steps by manager, with its version', async () => {
    const { body } = await command('deploy.get_deploy_steps', { node: {}, ports: [] });
    expect(body).toMatchObject({
      command_name: 'get_deploy_steps',
      command_status: 'SUCCEEDED',
      command_error: null,
      command_result: {
        deploy_steps: {
          GenericHardwareManager: expect.arrayContaining([
            expect.objectContaining({ step: 'write_image', priority: 0, interface: 'deploy', reboot_requested: false }),
          ]),
        },
        hardware_manager_version: { generic_hardware_manager: '1.2' },
      },
    });
  });

  it('answers a synchronous command with its result', async () => {
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const rest = { id, command_status: 'SUCCEEDED', command_error: null };
    expect((await command('standby.sync')).body).toEqual({ ...rest, command_name: 'sync', command_result: null });
    expect((await command('test.text')).body).toEqual({
      ...rest,
      command_name: 'text',
      command_result: { result: 'a text' },
    });
    expect(ended).toBe(0);
  });

  it('does one thing at a time, and still answers questions', async () => {
    const started = (await command('test.slow', {}, false)).body;
    expect(started).toEqual({
      id: started.id,
      command_name: 'slow',
      command_status: 'RUNNING',
      command_error: null,
      command_result: null,
    });
    const busy = { status: 409, body: { faultcode: 'Client', faultstring: 'Agent is busy: executing command slow' } };
    expect(await command('test.slow', {}, false)).toEqual(busy);
    expect(await command('standby.sync')).toEqual(busy);
    expect((await ask(`/v1/commands/?agent_token=${token}`)).body).toEqual({ commands: [started] });
    const waiting = ask(`/v1/commands/${started.id}?wait=true&agent_token=${token}`);
    release();
    expect((await waiting).body).toMatchObject({
      command_status: 'SUCCEEDED',
      command_result: { result: 'slow: done' },
    });
    expect(ended).toBe(1);
  });

  it('reports a failure as the result of the command', async () => {
    expect(await command('test.wrong')).toMatchObject({
      status: 200,
      body: {
        command_status: 'FAILED',
        command_error: {
          type: 'ImageChecksumError',
          code: 500,
          message: 'Error verifying image checksum',
          details: 'not it',
        },
        command_result: null,
      },
    });
  });

  it('fails one command, and not the list, for a parameter that it does not know', async () => {
    expect((await command('standby.sync', { zap: 1 })).body).toMatchObject({
      command_status: 'FAILED',
      command_error: { type: 'TypeError' },
    });
    expect((await command('test.needs')).body).toMatchObject({
      command_error: { type: 'CommandExecutionError', details: expect.stringContaining("'image_source'") },
    });
    expect(((await ask(`/commands/?agent_token=${token}`)).body as { commands: unknown[] }).commands).toHaveLength(2);
  });

  it('notices that the steps come from other managers', async () => {
    const params = { step: { step: 'erase_pstore', args: {} }, node: {}, ports: [] };
    const stale = { ...params, clean_version: { generic_hardware_manager: '0.0' } };
    const { body } = await command('clean.execute_clean_step', stale, false);
    expect(body.command_status).toBe('RUNNING');
    const polled = async () => (await ask(`/v1/commands/${body.id}?agent_token=${token}`)).body as CommandResult;
    await until(async () => (await polled()).command_status !== 'RUNNING');
    expect(await polled()).toEqual({
      id: body.id,
      command_name: 'execute_clean_step',
      command_status: 'CLEAN_VERSION_MISMATCH',
      command_error: {
        type: 'VersionMismatch',
        code: 409,
        message: 'Hardware managers version mismatch, reload agent with correct version',
        details:
          "Current versions: {'generic_hardware_manager': '1.2'}, versions used by ironic: {'generic_hardware_manager': '0.0'}",
      },
      command_result: null,
    });
    const right = { ...params, clean_version: { generic_hardware_manager: '1.2' } };
    expect((await command('clean.execute_clean_step', right)).body).toMatchObject({
      command_status: 'SUCCEEDED',
      command_result: { clean_result: null, clean_step: params.step },
    });
  });

  it('fails a step that no manager has', async () => {
    const params = {
      step: { interface: 'deploy', step: 'nosuch', args: {} },
      node: {},
      ports: [],
      deploy_version: null,
    };
    expect((await command('deploy.execute_deploy_step', params)).body.command_error).toEqual({
      type: 'HardwareManagerMethodNotFound',
      code: 500,
      message: 'No HardwareManager found to handle method',
      details: 'Could not find method: nosuch',
    });
  });

  it('knows no command by another id', async () => {
    const id = '00000000-0000-0000-0000-000000000000';
    expect(await ask(`/v1/commands/${id}?agent_token=${token}`)).toEqual({
      status: 404,
      body: { faultcode: 'Client', faultstring: `Not found: Command Result with id ${id} not found.` },
    });
    expect(await ask('/v1/nothing')).toMatchObject({ status: 404 });
  });
});
