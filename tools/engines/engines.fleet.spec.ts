import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enginesOf, startEngines, stopEngines } from './engines.js';

const main = join(import.meta.dirname, 'main.js');
const MINUTES = 60_000;

describe('npm run engines', () => {
  let folder: string;
  let pids: number[];
  const folders: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferrolog-engines-'));
    folders.push(folder);
    pids = [];
  });
  afterEach(async () => void (await stopEngines(folder)), MINUTES);
  afterAll(() => folders.forEach(each => rmSync(each, { recursive: true })));

  const run = async (...args: string[]) => {
    const child = execFile(process.execPath, [main, ...args, '--data', folder]);
    let said = '';
    child.stdout!.on('data', chunk => (said += String(chunk)));
    child.stderr!.on('data', chunk => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    pids.push(...allPids());
    return { code, said };
  };
  const allPids = () => {
    const { kafka, postgres, eventStore } = enginesOf(folder)!;
    return [...kafka.pids, ...postgres.pids, ...eventStore.pids];
  };
  const states = (said: string) =>
    ['Kafka', 'PostgreSQL', 'event store'].map(name => new RegExp(`^${name} +(.+?)(?=  | at |$)`, 'm').exec(said)?.[1]);

  it('starts engines that outlive it, once, those that died again, and stops them all', async () => {
    // Two at once: one starts, and the other finds it running.
    const both = await Promise.all([run(), run('start')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const runs = Array.from({ length: 3 }, () => 'runs already');
    expect(both.map(({ said }) => states(said).join()).sort()).toEqual([runs.join(), 'started,started,started']);
    expect(both[0]!.said).toContain('stand-in for tests, not KurrentDB');
    const first = allPids();
    expect(new Set(first).size).toBe(3);
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);

    process.kill(enginesOf(folder)!.kafka.pids[0]!, 'SIGKILL');
    expect(states((await run('status')).said)).toEqual(['does not run', 'runs', 'runs']);
    const again = await run();
    expect(states(again.said)).toEqual(['started', 'runs already', 'runs already']);
    expect(allPids().slice(1)).toEqual(first.slice(1));
    expect(again.said.slice(again.said.indexOf('FERROLOG_'))).toBe(
      both[0]!.said.slice(both[0]!.said.indexOf('FERROLOG_')),
    );
    expect((await run('status')).code).toBe(0);

    expect(states((await run('stop')).said)).toEqual(['stopped', 'stopped', 'stopped']);
    // Whoever has ended, and waits for process 1 to take note, has no program any more.
    expect(pids.filter(pid => existsSync(`/proc/${pid}/exe`))).toEqual([]);
    expect((await run('status')).code).toBe(1);
    expect(states((await run('stop')).said)).toEqual(['did not run', 'did not run', 'did not run']);
  });

  it('takes no other process for an engine whose id it has now', async () => {
    await startEngines({ folder });
    await stopEngines(folder);
    // Ours: it would not survive being taken for an engine.
    writeFileSync(join(folder, 'kafka/broker-1.pid'), `${process.pid}\n`);
    writeFileSync(join(folder, 'event-store/stand-in.pid'), `${process.pid}\n`);
    writeFileSync(join(folder, 'postgres/data/postmaster.pid'), `${process.pid}\n\n\n1\n`);
    expect(allPids()).toEqual([]);
    expect(states((await run('stop')).said)).toEqual(['did not run', 'did not run', 'did not run']);
    const { kafka, eventStore, postgres } = await startEngines({ folder });
    expect([kafka, eventStore, postgres].map(({ isNew }) => isNew)).toEqual([true, true, true]);
    expect(allPids()).not.toContain(process.pid);
  });

  it('runs three brokers, of which one may be missed, and does not change their number', async () => {
    const { said } = await run('--brokers', '3');
    expect(said).toMatch(/FERROLOG_WORK_LOG='kafka:\/\/(127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+'/);
    expect(said).toContain("FERROLOG_WORK_LOG_REPLICATION='3'");
    process.kill(enginesOf(folder)!.kafka.pids[1]!, 'SIGKILL');
    expect(states((await run('status')).said)[0]).toBe('only 2 of 3 processes run');
    expect(await run('--brokers', '1')).toEqual({ code: 1, said: expect.stringContaining('has 3 brokers') });
    expect(states((await run()).said)[0]).toBe('started');
    expect(enginesOf(folder)!.kafka.pids).toHaveLength(3);
  });
});
