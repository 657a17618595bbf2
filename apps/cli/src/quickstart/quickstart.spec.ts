import { beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventJson } from '#apps/api';
import { noPaint } from '../io.js';
import { isFree } from './free-port.js';
import { freshFolder, freshFolderBeside } from './fresh-folder.js';
import { LiveLines } from './live-lines.js';

class Taken extends Error {}

describe('freshFolder', () => {
  let folder: string;
  const inUse = new Set<string>();
  const take = (path: string) => {
    if (inUse.has(path)) throw new Taken('Another Ferrolog is running on it.');
    mkdirSync(path, { recursive: true });
    inUse.add(path);
    return { release: () => void inUse.delete(path) };
  };

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'ferrolog-quickstart-')), 'demo');
  });

  it('makes a folder, and empties it the next time', () => {
    freshFolder(folder, take);
    writeFileSync(join(folder, 'events.sqlite'), 'of the demo before');
    freshFolder(folder, take);
    expect(existsSync(join(folder, 'events.sqlite'))).toBe(false);
    expect(inUse.size).toBe(0);
  });

  it('leaves alone what no demo made', () => {
    const foreign = join(folder, '..');
    writeFileSync(join(foreign, 'events.sqlite'), 'years of work');
    expect(() => freshFolder(foreign, take)).toThrow(/holds what no quickstart made/);
    expect(readdirSync(foreign)).toContain('events.sqlite');
  });

  it('leaves alone what another demo is using, and takes a folder of its own', () => {
    freshFolder(folder, take);
    const other = take(folder);
    writeFileSync(join(folder, 'events.sqlite'), 'of the other demo');
    expect(() => freshFolder(folder, take)).toThrow(Taken);
    const own = freshFolderBeside(folder, take, Taken);
    other.release();
    expect(own).not.toBe(folder);
    expect(readdirSync(folder)).toContain('events.sqlite');
    rmSync(own, { recursive: true });
  });
});

describe('isFree', () => {
  it('tells a port that is taken from one that is not', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await isFree(port)).toBe(false);
    other.close();
    await once(other, 'close');
    expect(await isFree(port)).toBe(true);
  });
});

describe('LiveLines', () => {
  const event = (second: number, type: string, summary: string, data: object): EventJson =>
    ({ recorded: `2026-01-01T00:00:0${second}.000Z`, stream: 'node-1', type, summary, data }) as EventJson;

  it('tells when, in which state, what, and how long it took', () => {
    const lines = new LiveLines(noPaint);
    const operation = 'o';
    const told = [
      event(1, 'DeploymentStarted', 'deploying', { operation, provisionState: 'deploying' }),
      event(2, 'DeploymentStepStarted', 'bios.apply', { operation }),
      event(4, 'DeploymentStepCompleted', 'bios.apply', { operation }),
      event(4, 'DeploymentStepStarted', 'deploy.deploy', { operation }),
      event(5, 'DeploymentStepCompleted', 'deploy.deploy', { operation }),
      event(6, 'DeploymentFinished', 'active', { operation, provisionState: 'active' }),
    ].map(one => lines.lineOf(one, 'bm-01').trim().replace(/ {2,}/g, ' '));
    expect(told).toEqual([
      '0.0 s bm-01 deploying DeploymentStarted',
      '1.0 s bm-01 deploying DeploymentStepStarted bios.apply',
      '3.0 s bm-01 deploying DeploymentStepCompleted bios.apply, took 2.0 s',
      '3.0 s bm-01 deploying DeploymentStepStarted deploy.deploy',
      '4.0 s bm-01 deploying DeploymentStepCompleted deploy.deploy, took 1.0 s',
      '5.0 s bm-01 active DeploymentFinished took 5.0 s',
    ]);
  });
});
