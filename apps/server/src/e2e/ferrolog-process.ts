import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../main.js');
/** A start takes a second or two; the patience is for machines that are busy. */
const PATIENCE_MS = 30_000;

/** The product as it is started, in a process and with a data folder of its own. */
export interface FerrologProcess {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Ends it as an operator does, by SIGTERM. @throws Error when it does not end well */
  stop(): Promise<void>;
}

/** The name that the conductor of every tested server goes by. */
export const CONDUCTOR = 'conductor-1';

/**
 * Starts the server with fake hardware on a free port of loopback, and waits until it answers. `options` are more
 * variables, such as `FERROLOG_MAX_LIMIT`. Nothing of this process's environment reaches it.
 */
export const startFerrolog = async (options: Readonly<Record<string, string>> = {}): Promise<FerrologProcess> => {
  const data = mkdtempSync(join(tmpdir(), 'ferrolog-e2e-'));
  const server = spawn(process.execPath, [MAIN], {
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
  const ended = once(server, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const giveUp = (why: string) => reject(new Error(`The server ${why}. It said:\n${lines.join('\n')}`));
    const timer = setTimeout(() => giveUp('did not answer in time'), PATIENCE_MS);
    void ended.then(([code]) => giveUp(`ended with ${code} instead of starting`));
    for (const stream of [server.stdout, server.stderr])
      createInterface(stream).on('line', line => {
        lines.push(line);
        const [, address] = /answers at (http\S+)/.exec(line) ?? [];
        if (!address) return;
        clearTimeout(timer);
        resolve(address);
      });
  });
  return {
    url,
    async stop() {
      const patience = setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS);
      server.kill('SIGTERM');
      const [code, signal] = await ended;
      clearTimeout(patience);
      rmSync(data, { recursive: true });
      const faults = lines.filter(line => line.includes('"level":"error"') || line.includes('"level":"fatal"'));
      if (code !== 0) throw new Error(`The server ended with ${code ?? signal}. It said:\n${lines.join('\n')}`);
      if (faults.length > 0) throw new Error(`The server told of faults:\n${faults.join('\n')}`);
    },
  };
};
