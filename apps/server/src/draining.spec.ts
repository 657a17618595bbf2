import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { readConfiguration } from '#configuration';
import { temporaryFolder, type TemporaryFolder } from '#testing';
import { createLogger } from './logger.js';
import { startServer, type Server } from './server.js';

describe('A server that is told to stop', () => {
  let folder: TemporaryFolder;
  let server: Server;
  let agent: Agent;
  beforeEach(async () => {
    folder = temporaryFolder();
    agent = new Agent({ keepAlive: true });
    const { configuration } = readConfiguration({
      environment: {},
      flags: { data: folder.file('data'), port: '0', hardwareTypes: 'fake-hardware', logLevel: 'silent' },
    });
    server = await startServer(configuration, createLogger(configuration));
  });
  afterEach(() => {
    agent.destroy();
    folder.remove();
  });

  const begin = async (): Promise<ClientRequest> => {
    const headers = {
      'content-type': 'application/json',
      'x-openstack-ironic-api-version': '1.115',
      expect: '100-continue',
    };
    const begun = request(`${server.url}/v1/nodes`, { method: 'POST', agent, headers });
    begun.flushHeaders();
    await once(begun, 'continue');
    return begun;
  };
  /** It does not listen any more. */
  const isClosed = async () => {
    while (await fetch(`${server.url}/healthz`).catch(() => undefined));
  };

  it('answers the requests that are under way', async () => {
    const begun = await begin();
    const stopped = server.stop();
    await isClosed();
    begun.end(JSON.stringify({ driver: 'fake-hardware', name: 'late' }));
    const [answer] = (await once(begun, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(201);
    answer.resume();
    await stopped;
  });

  it('does not wait for ever for one that never ends', async () => {
    const begun = await begin();
    const broken = once(begun, 'error');
    await Promise.all([server.stop(), broken]);
  });
});
