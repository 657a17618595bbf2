import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './temporary-folder.js';

const script = join(import.meta.dirname, '../../../tools/eventstoredb-stand-in/main.js');

/** A stand-in for EventStoreDB in a process of its own, with data that outlive it until it is disposed of. */
export class StandInProcess {
  readonly #folder = temporaryFolder();
  #child: ChildProcess | undefined;
  #control = '';
  #port = 0;

  private constructor(private readonly options: readonly string[]) {}

  /** @throws Error with what it wrote when it ends before it is ready */
  static async start(...options: string[]): Promise<StandInProcess> {
    const standIn = new StandInProcess(options);
    await standIn.begin();
    return standIn;
  }

  get port(): number {
    return this.#port;
  }

  get connectionString(): string {
    return `kurrentdb://127.0.0.1:${this.#port}?tls=false`;
  }

  /** Again with the same data, after `kill`; on the same port, if no other is given. */
  async begin(port = this.#port): Promise<void> {
    const options = ['--port', String(port), '--data', this.#folder.file('log'), '--control-port', '0'];
    const child = spawn(process.execPath, [script, ...options, ...this.options], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += String(text)));
    for await (const line of createInterface(child.stdout)) {
      const ready = /^ready at .*:(\d+)\?.*, control at (\S+)$/.exec(line);
      if (!ready) continue;
      this.#port = Number(ready[1]);
      this.#control = ready[2]!;
      child.stdout.resume();
      return;
    }
    throw new Error(`the stand-in did not start: ${errors}`);
  }

  /** See tools/eventstoredb-stand-in/faults.ts. */
  async inject(fault: { readonly kind: string; readonly [parameter: string]: unknown }): Promise<void> {
    await this.#ask('/faults', { method: 'POST', body: JSON.stringify(fault) });
  }

  async clear(): Promise<void> {
    await this.#ask('/faults', { method: 'DELETE' });
  }

  /** At once, as by a power cut of the machine's one process. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Stopped, with its connections open; and going on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async dispose(): Promise<void> {
    await this.kill();
    this.#folder.remove();
  }

  async #ask(path: string, init: RequestInit): Promise<void> {
    const response = await fetch(`${this.#control}${path}`, init);
    if (!response.ok) throw new Error(`the stand-in's control answers ${response.status}: ${await response.text()}`);
  }
}
