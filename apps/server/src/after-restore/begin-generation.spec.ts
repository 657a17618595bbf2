import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { readConfiguration } from '#configuration';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { beginGeneration } from './begin-generation.js';
import { startServer } from '../server.js';

describe('After a data folder was put back as a whole', () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  const configured = (data = folder.file('data')) =>
    readConfiguration({ environment: {}, flags: { data, port: '0', hardwareTypes: 'fake-hardware' } }).configuration;
  const start = () => startServer(configured(), pino({ level: 'silent' }));
  const follow = async (server: Awaited<ReturnType<typeof start>>, from: string) => {
    const url = `/ferrolog/v1/events?until_head=true&from=${from}`;
    const { statusCode, body } = await server.app.inject({ method: 'GET', url });
    return { status: statusCode, body };
  };
  const headOf = async (server: Awaited<ReturnType<typeof start>>) => {
    const { body } = await server.app.inject({ method: 'GET', url: '/ferrolog/v1/status' });
    return (JSON.parse(body) as { store: { head: string } }).store.head;
  };

  it('positions of before are refused, and those since are good', async () => {
    const before = await start();
    const position = await headOf(before);
    expect(await follow(before, position)).toMatchObject({ status: 200 });
    await expect(beginGeneration(configured())).rejects.toThrow('Another Ferrolog is running');
    await before.stop();

    expect(await beginGeneration(configured())).toMatchObject({ generation: 2 });
    const after = await start();
    expect(await follow(after, position)).toMatchObject({
      status: 410,
      body: expect.stringContaining('before a backup of the event store was put back'),
    });
    expect(await follow(after, await headOf(after))).toMatchObject({ status: 200 });
    await after.stop();
  });

  it('nothing is made where no events are', () =>
    expect(beginGeneration(configured(folder.file('nothing')))).rejects.toThrow('holds no events'));
});
