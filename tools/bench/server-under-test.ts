import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** Our server, as a user starts it, on a folder of its own: every commit waits for the disk. */
export class ServerUnderTest {
  readonly data = mkdtempSync(join(tmpdir(), 'ferrolog-bench-'));
  #child: ChildProcess | undefined;
  url = '';

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Milliseconds until the first answer. */
  async start(): Promise<number> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const began = performance.now();
    const arguments_ = [
      'serve',
      '--port',
      String(port),
      '--data',
      this.data,
      '--log-level',
      'error',
      '--hardware-types',
      'fake-hardware',
      '--max-concurrent-clean',
      '0',
      '--max-concurrent-deploy',
      '0',
      '--sync-power-state-interval-seconds',
      '0',
    ];
    this.#child = spawn(join(root, 'apps/cli/bin/ferrolog'), arguments_, { stdio: ['ignore', 'ignore', 'inherit'] });
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended with ${this.#child.exitCode}`);
      const answered = await fetch(`${this.url}/v1/nodes?limit=1`).then(
        answer => answer.ok,
        () => false,
      );
      if (answered) return performance.now() - began;
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  }

  async stop(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  remove(): void {
    rmSync(this.data, { recursive: true, force: true });
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};
