import { presencePing } from '#ipmi-js';
import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/*
 * BMCs and clients of others, for specifications that run against them. `node tools/ipmi-peers/install.mjs` installs
 * them all. Everything is on loopback and on ports that were free a moment ago.
 */

/** The user of every BMC here, an administrator. */
export const USER = 'admin';
export const PASSWORD = 'secret';

const GOIPMI_SERVER = join(import.meta.dirname, '../../../.scratch/ipmi-peers/goipmi-server-v0.9.1');
/** FreeIPMI's programs are in sbin, which not every PATH has. */
export const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** @throws Error naming what is not installed */
export const requirePeers = (): void => {
  const programs = ['ipmi_sim', 'ipmitool', 'ipmi-chassis'];
  const missing = programs.filter(name => !PATH.split(':').some(folder => existsSync(join(folder, name))));
  if (!existsSync(GOIPMI_SERVER)) missing.push('goipmi-server');
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} missing: run "node tools/ipmi-peers/install.mjs" first`);
};

/** A BMC in a process of its own. */
export interface Peer {
  readonly port: number;
  start(): Promise<void>;
  /** It may be started again. */
  stop(): Promise<void>;
  /** Stops it for good. */
  dispose(): Promise<void>;
}

/** A BMC that tells what it was told. */
export interface IpmiSim extends Peer {
  /** `power`: 0 or 1; `boot`: the device; `log`: what the machine was asked and told, a line each. */
  state(name: 'power' | 'boot' | 'log'): string;
}

export const GUID = 'a123456789abcdefa123456789abcdef';

/** OpenIPMI's ipmi_sim, with cipher suite 3. It has to be started. */
export const ipmiSim = async (): Promise<IpmiSim> => {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'ipmi-sim-'));
  writeConfiguration(folder, port);
  const files = ['-c', join(folder, 'lan.conf'), '-f', join(folder, 'bmc.emu'), '-s', join(folder, 'state')];
  const peer = aProcess(port, 'ipmi_sim', ['--nostdio', '--nopersist', ...files]);
  return {
    ...peer,
    state: name => readFileSync(join(folder, name), 'utf8').trim(),
    async dispose() {
      await peer.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** ipmi_sim asks a program for the state of the machine, and tells it what to do. */
const writeConfiguration = (folder: string, port: number): void => {
  const control = join(folder, 'control');
  writeFileSync(
    control,
    `#!/bin/sh
cd ${folder}
shift
verb=$1
shift
echo "$verb $*" >> log
case "$verb $1" in
  "get power") echo "power:$(cat power)" ;;
  "get boot") echo "boot:$(cat boot)" ;;
  "set power") echo $2 > power ;;
  "set boot") echo $2 > boot ;;
  "set shutdown") echo 0 > power ;;
esac
`,
  );
  chmodSync(control, 0o755);
  writeFileSync(join(folder, 'power'), '0\n');
  writeFileSync(join(folder, 'boot'), 'none\n');
  writeFileSync(join(folder, 'log'), '');
  writeFileSync(
    join(folder, 'lan.conf'),
    `name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin md5
    guid ${GUID}
  endlan
  chassis_control "${control} 0x20"
  user 2 true "${USER}" "${PASSWORD}" admin 10 md5
`,
  );
  writeFileSync(
    join(folder, 'bmc.emu'),
    `mc_setbmc 0x20
mc_add 0x20 0x23 no-device-sdrs 1 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
`,
  );
};

/** go-ipmi's server, with cipher suites 3 and 17. It has to be started. */
export const goipmiServer = async (): Promise<Peer> => {
  const port = await freePort();
  return aProcess(port, GOIPMI_SERVER, [], {
    GOIPMI_SERVER_PORT: String(port),
    GOIPMI_SERVER_USER: USER,
    GOIPMI_SERVER_PASS: PASSWORD,
    GOIPMI_SERVER_CIPHER_SUITES: '3,17',
  });
};

const aProcess = (port: number, program: string, args: string[], env: NodeJS.ProcessEnv = {}): Peer => {
  let end: (() => Promise<void>) | undefined;
  const stop = async (): Promise<void> => {
    await end?.();
    end = undefined;
  };
  return {
    port,
    async start() {
      const child = spawn(program, args, { env: { ...process.env, PATH, ...env }, stdio: 'ignore' });
      const ended = once(child, 'exit');
      end = async () => {
        child.kill('SIGKILL');
        await ended;
      };
      await until(`${program} to answer`, () => {
        if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
        const ping = presencePing({ host: '127.0.0.1', port, timeoutMs: 100, retries: 0 });
        return ping.then(
          () => true,
          () => false,
        );
      });
    },
    stop,
    dispose: stop,
  };
};

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

/** Waits for something to become true, for `seconds` at the most. */
export const until = async (what: string, condition: () => Promise<boolean> | boolean, seconds = 15): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
};

const run = promisify(execFile);

/** What ipmitool prints about a BMC. `options` are such as `-C 3`. */
export const ipmitool = async (
  { port }: { readonly port: number },
  options: readonly string[],
  ...command: string[]
): Promise<string> => {
  const place = ['-I', 'lanplus', '-H', '127.0.0.1', '-p', String(port)];
  return (await run('ipmitool', [...place, '-U', USER, '-P', PASSWORD, ...options, ...command])).stdout;
};
