import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import type { Clock } from '#domain';
import { writeDurably } from '../files/durable.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import { filesIn } from './dnsmasq-config.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Who ran for so long and then died starts with short pauses again. */
const STEADY_MS = 60_000;

export interface DnsmasqParts {
  readonly folder: string;
  readonly configuration: string;
  readonly clock: Clock;
  readonly report: (message: string, details: object) => void;
  /** The program: `dnsmasq` where it is left out. */
  readonly program?: string;
}

/** A dnsmasq of our own: started again when it dies, ended when we end. */
export class Dnsmasq {
  readonly #files: ReturnType<typeof filesIn>;
  readonly #turns = new OneAtATime();
  #child: ChildProcess | undefined;
  #hosts: string | undefined;
  #isClosed = false;
  #pauseMs = FIRST_PAUSE_MS;
  #cancel: () => void = () => undefined;

  private constructor(private readonly parts: DnsmasqParts) {
    this.#files = filesIn(parts.folder);
  }

  /** @param hosts what the file of hosts says at first */
  static async start(parts: DnsmasqParts, hosts: string): Promise<Dnsmasq> {
    const dnsmasq = new Dnsmasq(parts);
    await mkdir(parts.folder, { recursive: true, mode: 0o700 });
    await writeDurably(dnsmasq.#files.configuration, parts.configuration);
    await dnsmasq.update(hosts);
    await dnsmasq.#endLeftOver();
    await dnsmasq.#run();
    return dnsmasq;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * It reads its hosts by being started anew, which takes some hundredths of a second and keeps its leases. SIGHUP would
   * do by its manual, but dnsmasq 2.90 dies of it once a host with a tag has a lease (seen: SIGABRT or SIGSEGV).
   * The same hosts: nothing happens.
   */
  update(hosts: string): Promise<void> {
    return this.#turns.run('hosts', async () => {
      if (hosts === this.#hosts) return;
      await writeDurably(this.#files.hosts, hosts);
      this.#hosts = hosts;
      // One that died is started again anyway.
      if (!this.#child) return;
      await this.#end();
      if (!this.#isClosed) await this.#run();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turns.run('hosts', () => this.#end());
    this.#cancel();
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const end = once(child, 'exit');
    child.kill('SIGTERM');
    await end;
  }

  async #run(): Promise<void> {
    const { program = 'dnsmasq', clock, report } = this.parts;
    const started = clock.now();
    let said = '';
    const child = spawn(program, ['--keep-in-foreground', `--conf-file=${this.#files.configuration}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-2000);
    });
    const ended = (why: object) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#isClosed) return;
      if (clock.now() - started > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS;
      report('dnsmasq ended and will be started again', { ...why, said, pauseMs: this.#pauseMs });
      this.#cancel = clock.after(this.#pauseMs, () => {
        this.#run().catch((error: unknown) => report('dnsmasq cannot be started', { error }));
      });
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    };
    this.#child = child;
    child.on('error', error => ended({ error }));
    child.on('exit', (code, signal) => ended({ code, signal }));
    if (child.pid !== undefined) await writeDurably(this.#files.pid, String(child.pid));
  }

  /** The one of a process that was killed still answers, with the addresses of that time. */
  async #endLeftOver(): Promise<void> {
    const pid = Number(await readFile(this.#files.pid, 'utf8').catch(() => ''));
    if (!Number.isInteger(pid) || pid <= 1 || !(await this.#isOurs(pid))) return;
    process.kill(pid, 'SIGTERM');
    for (let tries = 0; tries < 50 && (await this.#isOurs(pid)); tries++)
      await new Promise<void>(resolve => this.parts.clock.after(100, resolve));
  }

  /** Numbers of processes are given again: only its command line tells. */
  async #isOurs(pid: number): Promise<boolean> {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.includes(this.#files.configuration);
  }
}
