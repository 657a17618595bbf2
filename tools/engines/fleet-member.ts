import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FERROLOG = join(import.meta.dirname, '../../../apps/cli/bin/ferrolog');
/** Nine processes start at once on a machine that has other things to do. */
const PATIENCE_MS = 120_000;

/** A process of the fleet, as an operator starts it; its address and its folder outlive it. */
export interface Member {
  readonly name: string;
  readonly url: string;
  /** Everything that it has written, over all its lives. */
  log(): string;
  /** Whether it has been started and has not ended. */
  isRunning(): boolean;
  /** Whether it has said so in this life: what a balancer goes by. */
  isReady(): boolean;
  /** Answers when it listens. @throws Error with what it said, when it ends instead */
  start(): Promise<void>;
  /** Waits until it says that nothing stands in its way. */
  ready(): Promise<void>;
  /** Waits until it says that this stands in its way. */
  impededBy(what: RegExp): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** By SIGTERM. @throws Error when it does not end well */
  stop(): Promise<void>;
}

/**
 * One that is not running yet, with a port and a folder of its own in `folder`.
 *
 * @param role one, or several by commas
 * @param settings its configuration, by the names of variables
 */
export const memberOf = async (
  name: string,
  role: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<Member> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, `${name}.log`);
  const args = ['serve', '--roles', role, '--data', join(folder, name), '--port', String(port)];
  const read = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  let child: ChildProcess | undefined;
  let isReady = false;
  const signal = (which: NodeJS.Signals) => void child?.kill(which);
  const end = async (which: NodeJS.Signals): Promise<string> => {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return 'nothing';
    const exit = once(ending, 'exit');
    ending.kill(which);
    // One that is stopped would not see it.
    ending.kill('SIGCONT');
    const [code, by] = (await exit) as [number | null, NodeJS.Signals | null];
    isReady = false;
    return String(code ?? by);
  };
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    name,
    url,
    isRunning,
    isReady: () => isReady,
    log: read,
    async start() {
      const output = openSync(log, 'a');
      // The kernel ends it with this process, in whatever way that ends.
      child = spawn('setpriv', ['--pdeathsig', 'KILL', FERROLOG, ...args, '--conductor-host', name], {
        stdio: ['ignore', output, output],
        env: { PATH: process.env.PATH!, ...settings },
      });
      closeSync(output);
      const born = child;
      await until(async () => {
        if (born.exitCode !== null || born.signalCode !== null) throw new Error(`${name} ended:\n${read()}`);
        return (await statusOf(`${url}/healthz`)) === 200;
      }, `${name} to listen`);
    },
    async ready() {
      await until(async () => (await statusOf(`${url}/readyz`)) === 200, `${name} to be ready`);
      isReady = true;
    },
    impededBy: what => until(async () => what.test(await impedimentsOf(url)), `${name} to say ${what}`),
    kill: async () => void (await end('SIGKILL')),
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      const how = await end('SIGTERM');
      if (how !== '0') throw new Error(`${name} ended with ${how}:\n${read().slice(-4_000)}`);
    },
  };
};

const statusOf = async (url: string): Promise<number | undefined> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status;
  } catch {
    return undefined;
  }
};

/** As JSON; empty where there are none, or nobody answers. */
const impedimentsOf = async (url: string): Promise<string> => {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return answer.status === 503 ? await answer.text() : '';
  } catch {
    return '';
  }
};

/** Waits until the condition holds. The bound only keeps a defect from hanging the suite. */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  what: string,
  boundMs = PATIENCE_MS,
  everyMs = 50,
): Promise<void> => {
  for (const end = Date.now() + boundMs; !(await condition()); await sleep(everyMs))
    if (Date.now() > end) throw new Error(`waited ${boundMs} ms in vain for ${what}`);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};
