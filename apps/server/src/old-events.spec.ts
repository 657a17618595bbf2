import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfiguration } from '#configuration';
import { temporaryFolder, withUpcasters } from '#testing';
import { createLogger } from './logger.js';
import type { Server } from './server.js';
import { startServer } from './server.js';

const folder = temporaryFolder();
let server: Server;
const request = async (method: string, url: string, payload?: object): Promise<string> => {
  const headers = { 'x-openstack-ironic-api-version': '1.115' };
  return (await server.app.inject({ method: method as 'GET', url, headers, ...(payload && { payload }) })).body;
};
const get = async (url: string) => JSON.parse(await request('GET', url)) as unknown;

describe('An event of an old version', () => {
  beforeAll(async () => {
    const { configuration } = readConfiguration({
      environment: {},
      flags: { data: folder.file('data'), port: '0', hardwareTypes: 'fake-hardware', logLevel: 'silent' },
    });
    server = await startServer(configuration, createLogger(configuration));
    await request('POST', '/v1/nodes', { driver: 'fake-hardware', name: 'old' });
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });

  it('is told by every address of the API as one of today', () =>
    withUpcasters({ MaintenanceSet: [data => ({ ...data, reason: 'as of today' })] }, async () => {
      await request('PUT', '/v1/nodes/old/maintenance', { reason: 'a bad DIMM' });
      const event = { type: 'MaintenanceSet', data: { reason: 'as of today' }, metadata: { schemaVersion: '2' } };
      expect(await get('/ferrolog/v1/nodes/old/events')).toMatchObject({ events: [{ type: 'NodeEnrolled' }, event] });
      const stream = await request('GET', '/ferrolog/v1/events?from=start&until_head=true&type=MaintenanceSet');
      expect(JSON.parse(/^data: (.*)$/m.exec(stream)![1]!)).toMatchObject(event);
      const state = { maintenance: { reason: 'as of today' } };
      expect(await get('/ferrolog/v1/nodes/old?as_of=1')).toMatchObject({ state });
      expect(await get('/v1/nodes/old')).toMatchObject({ maintenance_reason: 'as of today' });
      expect(await get('/v1/nodes/old?as_of=1')).toMatchObject({ maintenance_reason: 'as of today' });
      expect(JSON.stringify(await get('/ferrolog/v1/nodes/old/timeline'))).toContain('as of today');
    }));
});
