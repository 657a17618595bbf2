import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder, VirtualClock } from '#testing';
import { temporaryFolder, until, virtualClock } from '#testing';
import { Dnsmasq } from './dnsmasq.js';

describe('A dnsmasq of our own', () => {
  let scratch: TemporaryFolder;
  let clock: VirtualClock;
  let reports: string[];
  let dnsmasq: Dnsmasq | undefined;
  /** A program in its place, which writes down that it started and what it was sent. */
  const program = () => scratch.file('stand-in');
  const said = () => (existsSync(scratch.file('said')) ? readFileSync(scratch.file('said'), 'utf8') : '');
  const starts = () => said().split('start').length - 1;
  const start = async (hosts = '') => {
    const report = (message: string) => void reports.push(message);
    const parts = { folder: scratch.file('dhcp'), configuration: 'port=0\n', clock, report, program: program() };
    dnsmasq = await Dnsmasq.start(parts, hosts);
    const before = dnsmasq;
    await until(() => said().includes(`start ${before.pid}`), 'its start');
    return dnsmasq;
  };

  beforeEach(() => {
    scratch = temporaryFolder();
    clock = virtualClock();
    reports = [];
    const script = [
      '#!/bin/sh',
      `say() { echo "$*" >> ${scratch.file('said')}; }`,
      `trap 'say end; exit 0' TERM`,
      `say start $$ $(cat ${scratch.file('dhcp/hosts')})`,
      'while :; do sleep 0.05; done',
    ];
    writeFileSync(program(), script.join('\n'));
    chmodSync(program(), 0o755);
  });
  afterEach(async () => {
    await dnsmasq?.close();
    dnsmasq = undefined;
    scratch.remove();
  });

  it('finds its configuration and its hosts, and is started anew when its hosts change', async () => {
    const it = await start('a\n');
    expect(readFileSync(scratch.file('dhcp/dnsmasq.conf'), 'utf8')).toBe('port=0\n');
    expect(readFileSync(scratch.file('dhcp/hosts'), 'utf8')).toBe('a\n');
    await it.update('b\n');
    await until(() => said().includes(`start ${it.pid} b`), 'its start with new hosts');
    expect(starts()).toBe(2);
    await it.update('b\n');
    expect([starts(), reports]).toEqual([2, []]);
  });

  it('is started again when it died, after a pause that grows', async () => {
    const it = await start();
    process.kill(it.pid!, 'SIGKILL');
    await until(() => reports.length === 1, 'its death to be seen');
    await clock.advance(999);
    expect(it.pid).toBeUndefined();
    await clock.advance(1);
    await until(() => starts() === 2, 'its second start');
    process.kill(it.pid!, 'SIGKILL');
    await until(() => reports.length === 2, 'its second death to be seen');
    await clock.advance(1999);
    expect(it.pid).toBeUndefined();
    await clock.advance(1);
    await until(() => starts() === 3, 'its third start');
  });

  it('ends with us, and is not started again then', async () => {
    const it = await start();
    await it.close();
    expect(said()).toMatch(/end\n$/);
    expect([it.pid, reports]).toEqual([undefined, []]);
  });

  it('reports a program that there is not, and tries again', async () => {
    const report = (message: string) => void reports.push(message);
    const parts = { folder: scratch.file('dhcp'), configuration: '', clock, report, program: scratch.file('none') };
    dnsmasq = await Dnsmasq.start(parts, '');
    await until(() => reports.length === 1, 'the report');
    await clock.advance(1000);
    await until(() => reports.length === 2, 'the second one');
  });
});
