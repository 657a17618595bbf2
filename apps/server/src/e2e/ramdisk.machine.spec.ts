import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildRamdisk, type BootFiles } from '#apps/lab';
import { until } from '../../../../tools/ipmi-peers/peers.js';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';

/* A machine made of QEMU's software emulation boots our ramdisk; the agent in it finds the product, and is found. */

const PROJECT = join(import.meta.dirname, '../../../../..');
const MAC = '52:54:00:f3:22:01';
/** Where the guest finds this machine's loopback. */
const HOST = '10.0.2.2';

let files: BootFiles;
let product: FerrologProcess;
let scratch: string;
let machine: ChildProcess | undefined;

const http = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${product.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'X-OpenStack-Ironic-API-Version': '1.115' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
};

const powerOn = (parameters: string): void => {
  const disk = join(scratch, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, 64 * 2 ** 20);
  machine = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-accel', 'tcg', '-m', '900'],
      ...['-kernel', files.kernel, '-initrd', files.ramdisk, '-append', `console=ttyS0 ${parameters}`],
      ...['-drive', `id=disk,if=none,format=raw,file=${disk}`, '-device', 'virtio-blk-pci,drive=disk,serial=disk-1'],
      ...['-netdev', 'user,id=net', '-device', `virtio-net-pci,netdev=net,romfile=,mac=${MAC}`],
      ...['-chardev', `file,id=console,path=${join(scratch, 'console')}`, '-serial', 'chardev:console'],
    ],
    { stdio: 'ignore' },
  );
};

const said = () => readFileSync(join(scratch, 'console'), 'utf8');

beforeAll(async () => {
  const folder = join(PROJECT, '.scratch/ramdisk');
  mkdirSync(folder, { recursive: true });
  const agent = join(folder, 'agent.mjs');
  execFileSync(process.execPath, [join(PROJECT, 'tools/build-agent.mjs'), agent], { stdio: 'ignore' });
  files = await buildRamdisk({ folder, agent, node: process.execPath });
  scratch = mkdtempSync(join(tmpdir(), 'ferrolog-ramdisk-'));
  product = await startFerrolog();
});
afterAll(async () => {
  if (machine && machine.exitCode === null) {
    const ended = once(machine, 'exit');
    machine.kill('SIGKILL');
    await ended;
  }
  await product?.stop();
  rmSync(scratch, { recursive: true });
});

it('The ramdisk boots, and its agent looks itself up and says where it answers', async () => {
  const { uuid } = await http('POST', '/v1/nodes', {
    driver: 'fake-hardware',
    deploy_interface: 'direct',
    // An agent that comes by itself is let in by fast track alone.
    driver_info: { fast_track: true, deploy_kernel: 'http://boot.invalid/k', deploy_ramdisk: 'http://boot.invalid/r' },
  });
  await http('POST', '/v1/ports', { node_uuid: uuid, address: MAC });
  powerOn(`ipa-api-url=${product.url.replace('127.0.0.1', HOST)}`);
  const events = async () => {
    const { events } = await http('GET', `/ferrolog/v1/nodes/${String(uuid)}/timeline`);
    return (events as { type: string }[]).map(({ type }) => type);
  };
  await until('the agent to be connected', async () => (await events()).includes('AgentConnected'), 240);
  expect(await events()).toEqual(['NodeEnrolled', 'PortAttached', 'AgentTokenIssued', 'AgentConnected']);
  expect(said()).toContain(`this machine is node ${String(uuid)}`);
  expect(machine!.exitCode).toBeNull();
});
