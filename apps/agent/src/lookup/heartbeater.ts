import type { Journal } from '../logs/journal.js';
import type { Heartbeat, IronicApi } from './ironic-api.js';

export interface HeartbeaterOptions {
  readonly api: Pick<IronicApi, 'heartbeat'>;
  readonly nodeUuid: string;
  readonly heartbeat: () => Heartbeat;
  /** The conductor gives the machine up after this time without a sign of life. */
  readonly timeoutMs: number;
  /**
   * The least time between the starts of two heartbeats. Ironic drops one that comes while it still works on the last
   * (5 s is right for it); Ferrolog loses none and announces less.
   */
  readonly minimumMs: number;
  /** After an error, times 1 to 2. */
  readonly retryMs: number;
  readonly journal: Journal;
}

/** Tells the API that the machine is alive, and at once when a command has ended. One at a time. */
export class Heartbeater {
  private timer?: NodeJS.Timeout;
  private lastStartedAt = -Infinity;
  private underWay?: Promise<void>;
  private forcedMeanwhile = false;
  private stopped = true;

  constructor(private readonly options: HeartbeaterOptions) {}

  start(): void {
    this.stopped = false;
    this.schedule(0);
  }

  /** Brings the next heartbeat forward. One that is under way may have left too early to count. */
  force(): void {
    if (this.stopped) return;
    if (this.underWay) this.forcedMeanwhile = true;
    else this.schedule(Math.max(0, this.lastStartedAt + this.options.minimumMs - performance.now()));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.underWay;
  }

  private schedule(inMs: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.underWay = this.beat()), inMs);
  }

  private async beat(): Promise<void> {
    this.lastStartedAt = performance.now();
    const wentWell = await this.send();
    this.underWay = undefined;
    const forced = this.forcedMeanwhile;
    this.forcedMeanwhile = false;
    if (!wentWell) this.schedule(this.options.retryMs * (1 + Math.random()));
    else if (forced) this.force();
    else this.schedule(this.options.timeoutMs * (0.3 + 0.3 * Math.random()));
  }

  private async send(): Promise<boolean> {
    try {
      const answer = await this.options.api.heartbeat(this.options.nodeUuid, this.options.heartbeat());
      if (answer.status === 202) return true;
      this.options.journal.info(`heartbeat: ${answer.status} ${answer.text.slice(0, 200)}`);
    } catch (error) {
      this.options.journal.info(`heartbeat: ${String(error)}`);
    }
    return false;
  }
}
