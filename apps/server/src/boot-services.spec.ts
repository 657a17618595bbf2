import { afterEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { readConfiguration } from '#configuration';
import { temporaryFolder } from '#testing';
import { createLogger } from './logger.js';
import type { Server } from './server.js';
import { startServer } from './server.js';

const scratch = temporaryFolder();
let server: Server | undefined;

afterEach(async () => {
  await stop();
  scratch.remove();
});

const stop = async () => {
  const stopped = server;
  server = undefined;
  await stopped?.stop();
};

const start = async (flags: Record<string, unknown>) => {
  const given = { data: scratch.path, port: 0, logLevel: 'silent', hardwareTypes: ['ipmi'], ...flags };
  const { configuration } = readConfiguration({ environment: {}, flags: given });
  server = await startServer(configuration, createLogger(configuration));
  const headers = { 'x-openstack-ironic-api-version': '1.82' };
  const { body } = await server.app.inject({ url: '/v1/drivers/ipmi/properties', headers });
  return Object.keys(JSON.parse(body) as object);
};

it('Machines boot over the network where boot services are configured, and only there', async () => {
  expect(await start({})).not.toContain('rescue_kernel');
  expect(existsSync(scratch.file('boot'))).toBe(false);
  await stop();
  const bootPort = await freePort();
  const url = `http://127.0.0.1:${bootPort}`;
  expect(
    await start({ bootServices: true, bootAddress: '127.0.0.1', bootHttpPort: bootPort, bootTftpPort: 0 }),
  ).toContain('rescue_kernel');
  expect(await (await fetch(`${url}/boot.ipxe`)).text()).toContain(`${url}/boot/`);
  await stop();
  await expect(fetch(`${url}/boot.ipxe`)).rejects.toThrow();
});

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};
