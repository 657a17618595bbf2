import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anotherCertificate, SimulatedAgent } from '#testing';
import { aFastClock, rejection } from '../contracts/an-effect.js';
import { AgentClient } from './agent-client.js';
import { AgentBusy, AgentRefused, AgentUnreachable } from './agent-errors.js';

const TOKEN = 'a-token-of-32-characters-or-more!';

describe('The client of agents', () => {
  let agent: SimulatedAgent;
  const client = new AgentClient({ attempts: 2, timeoutMs: 3_000 });
  const call = { signal: new AbortController().signal, clock: aFastClock() };
  const address = (given: object = {}) => ({
    url: agent.url,
    verifyCa: agent.certificate as string | null,
    token: TOKEN,
    command: null,
    ...given,
  });
  const step = {
    step: { interface: 'deploy', step: 'write_image' },
    deploy_version: { generic_hardware_manager: '1.2' },
  };
  const give = (given?: object) =>
    client.give(address(given), 'deploy.execute_deploy_step', step, { ...call, wait: false });

  beforeEach(async () => {
    agent = await SimulatedAgent.start();
    agent.token = TOKEN;
  });
  afterEach(() => agent.close());

  it('gives a command and finds it again', async () => {
    const { id, command_status } = await give();
    expect(command_status).toBe('RUNNING');
    agent.end({ result: 'written' });
    expect(await client.command(address(), id, call)).toMatchObject({
      command_name: 'execute_deploy_step',
      command_status: 'SUCCEEDED',
      command_result: { deploy_result: 'written' },
    });
    expect(await client.command(address(), '00000000-0000-4000-8000-000000000000', call)).toBeUndefined();
  });

  it('trusts the certificate that it was told of, and no other', async () => {
    for (const verifyCa of [anotherCertificate, null])
      expect(await rejection(give({ verifyCa }))).toBeInstanceOf(AgentUnreachable);
    expect(agent.given).toEqual([]);
  });

  it('says that the agent is busy, or does not take the token', async () => {
    await give();
    expect(await rejection(give())).toBeInstanceOf(AgentBusy);
    const refused = await rejection(give({ token: 'another' }));
    expect(refused).toBeInstanceOf(AgentRefused);
    expect((refused as AgentRefused).status).toBe(401);
  });

  it('looks whether a command was delivered before it gives it again', async () => {
    agent.cuts = 1;
    expect(await give()).toMatchObject({ command_status: 'RUNNING' });
    expect(agent.given).toHaveLength(1);
  });

  it('takes no command of before for the one that it gave', async () => {
    const { id } = await give();
    agent.end();
    expect(await client.begun(address({ command: id }), 'deploy.execute_deploy_step', call)).toBeUndefined();
    expect(await client.begun(address(), 'deploy.execute_deploy_step', call)).toMatchObject({ id });
  });

  it('gives up where nobody answers, and tells no token', async () => {
    const gone = address();
    await agent.close();
    const error = (await rejection(client.give(gone, 'standby.sync', {}, { ...call, wait: true }))) as AgentUnreachable;
    expect(error).toBeInstanceOf(AgentUnreachable);
    expect(JSON.stringify([error.message, error.stack, error.hint, { ...error }])).not.toContain(TOKEN);
    agent = await SimulatedAgent.start();
  });

  it('ends when it is told to', async () => {
    const end = new AbortController();
    end.abort(new Error('the process ends'));
    await expect(client.commands(address(), { ...call, signal: end.signal })).rejects.toThrow();
  });
});
