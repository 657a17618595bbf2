import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { genericManager } from './hardware/generic/generic-manager.js';
import { Hardware } from './hardware/hardware.js';
import type { HardwareManager } from './hardware/hardware-manager.js';
import type { Bag } from './lookup/lookup.js';
import { Journal } from './logs/journal.js';
import type { Machine } from './machine/machine.js';
import type { CommandOutput } from './machine/command-output.js';
import { ProgramMissing, type Run } from './machine/run-command.js';
import { parseKernelParameters } from './parameters/kernel-parameters.js';
import { readParameters, type Parameters } from './parameters/parameters.js';

export const gib = 1024 ** 3;
export const mib = 1024 ** 2;

export type Program = (args: readonly string[]) => string | Partial<CommandOutput>;

export interface TestMachine extends Machine {
  readonly folder: string;
  /** What was run, as command lines. */
  readonly ran: string[];
  remove(): Promise<void>;
}

/** A machine of folders: a card `eth0`, and disks that are sparse files. Programs that are not given are missing. */
export const testMachine = async (
  disks: Readonly<Record<string, number>> = { vda: 5 * gib },
  programs: Readonly<Record<string, Program>> = {},
): Promise<TestMachine> => {
  const folder = await mkdtemp(join(tmpdir(), 'ferrolog-agent-'));
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  await write('sys/class/net/eth0/address', '52:54:00:00:00:02\n');
  await write('sys/class/net/eth0/carrier', '1\n');
  await write('sys/class/net/eth0/device/vendor', '0x1af4\n');
  await write('sys/class/net/lo/address', '00:00:00:00:00:00\n');
  await write('proc/cpuinfo', 'processor\t: 0\nmodel name\t: Test CPU\nphysical id\t: 0\nflags\t\t: fpu vme\n');
  await write('proc/meminfo', 'MemTotal:        2000000 kB\n');
  await write('proc/sys/kernel/hostname', 'ramdisk\n');
  for (const [name, size] of Object.entries(disks)) {
    await write(`sys/block/${name}/size`, `${size / 512}\n`);
    await write(`sys/block/${name}/device/model`, 'Test disk\n');
    await write(`sys/block/${name}/queue/rotational`, '0\n');
    await write(`dev/${name}`, '');
    const handle = await open(join(folder, 'dev', name), 'r+');
    await handle.truncate(size);
    await handle.close();
  }
  await mkdir(join(folder, 'tmp'));
  const ran: string[] = [];
  const run: Run = (program, args = [], options = {}) => {
    ran.push([program, ...args].join(' '));
    const answer = programs[program];
    if (!answer) return Promise.reject(new ProgramMissing(program));
    const given = answer(args);
    const output = { code: 0, stdout: '', stderr: '', ...(typeof given === 'string' ? { stdout: given } : given) };
    const accepted = (options.accept ?? [0]).includes(output.code);
    return accepted ? Promise.resolve(output) : Promise.reject(new Error(`${program} ended with ${output.code}`));
  };
  return {
    folder,
    ran,
    run,
    journal: new Journal(),
    roots: {
      root: folder,
      sys: join(folder, 'sys'),
      proc: join(folder, 'proc'),
      dev: join(folder, 'dev'),
      tmp: join(folder, 'tmp'),
    },
    addresses: () => ({
      eth0: [
        { address: '192.0.2.5', family: 'IPv4', internal: false, netmask: '', mac: '52:54:00:00:00:02', cidr: null },
      ],
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Short pauses, any port, no files of this host. */
export const testParameters = (line = ''): Parameters =>
  readParameters(
    parseKernelParameters(
      'ipa-listen-host=127.0.0.1 ipa-listen-port=0 ipa-lookup-interval=0.01 ipa-ca-file=/nonexistent ' +
        'ipa-hardware-managers=/nonexistent ipa-image-download-connection-retries=3 ' +
        `ipa-image-download-connection-retry-interval=0.05 ${line}`,
    ),
  );

export const testHardware = (
  machine: Machine,
  lookedUp: { node?: Bag; config?: Bag } = {},
  managers: readonly HardwareManager[] = [],
): Promise<Hardware> =>
  Hardware.of([...managers, genericManager()], machine, testParameters(), () => ({
    node: {},
    config: {},
    ...lookedUp,
  }));

export interface TestServer {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  close(): Promise<void>;
}

/** An HTTP server on a port of its own; `answer` may end the response, or destroy its socket. */
export const testServer = async (
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<TestServer> => {
  const requests: TestServer['requests'] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    requests.push({ method: request.method!, url: request.url!, headers: request.headers, body });
    answer(request, response, body);
  };
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Waits for a condition; the suite's own time-out ends what never becomes true. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await sleep(10);
};
