import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../main.js');
/** A start takes a second or two; the patience is for machines that are busy. */
const PATIENCE_MS = 60_000;

/** The product as it is started, in a process and with a data folder of its own. */
export interface FerrologProcess {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Everything that it has written so far. */
  log(): string;
  /** Code or signal that it ended with. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Ends it as an operator does, by SIGTERM, once. @throws Error when it does not end well */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Another program in place of the product's own. */
  readonly entry?: string;
  /** A data folder that outlives the process; without it, it has one that goes with it. */
  readonly data?: string;
}

/** The name that the conductor of every tested server goes by. */
export const CONDUCTOR = 'conductor-1';

/**
 * Starts the server with fake hardware on a free port of loopback, and waits until it answers. `options` are more
 * variables, such as `FERROLOG_MAX_LIMIT`. Nothing of this process's environment reaches it.
 *
 * @throws Error with what it said, when it ends instead or does not answer in time
 */
export const startFerrolog = async (
  options: Readonly<Record<string, string>> = {},
  { entry = MAIN, data: kept }: StartOptions = {},
): Promise<FerrologProcess> => {
  const data = kept ?? mkdtempSync(join(tmpdir(), 'ferrolog-e2e-'));
  const server = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      FERROLOG_DATA: data,
      FERROLOG_PORT: '0',
      FERROLOG_HARDWARE_TYPES: 'fake-hardware',
      FERROLOG_CONDUCTOR_HOST: CONDUCTOR,
      FERROLOG_LOG_FORMAT: 'json',
      ...options,
    },
  });
  // Once everything that it wrote has been read.
  const ended = once(server, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const giveUp = (why: string) => reject(new Error(`The server ${why}. It said:\n${lines.join('\n')}`));
    const timer = setTimeout(() => giveUp('did not answer in time'), PATIENCE_MS);
    void ended.then(end => {
      clearTimeout(timer);
      giveUp(`ended with ${end} instead of starting`);
    });
    for (const stream of [server.stdout, server.stderr])
      createInterface(stream).on('line', line => {
        lines.push(line);
        const [, address] = /answers at (http\S+)/.exec(line) ?? [];
        if (!address) return;
        clearTimeout(timer);
        resolve(address);
      });
  });
  const stop = async (): Promise<void> => {
    const patience = setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS);
    server.kill('SIGTERM');
    const end = await ended;
    clearTimeout(patience);
    if (kept === undefined) rmSync(data, { recursive: true });
    const faults = lines.filter(line => line.includes('"level":"error"') || line.includes('"level":"fatal"'));
    if (end !== 0) throw new Error(`The server ended with ${end}. It said:\n${lines.join('\n')}`);
    if (faults.length > 0) throw new Error(`The server told of faults:\n${faults.join('\n')}`);
  };
  let stopped: Promise<void> | undefined;
  return { url, ended, log: () => lines.join('\n'), stop: () => (stopped ??= stop()) };
};
