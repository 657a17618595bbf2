import type { Page } from '#domain';
import { msOf } from '#domain';

const PAGE = 1_000;

/**
 * Which position an instant means. The server knows no order by time, and the clocks of several writers differ: the
 * store is read from the beginning, once, and how late it had become is remembered for every thousand events.
 */
export class TimeIndex {
  /** Up to and with the position, nothing was recorded later. */
  readonly #marks: { readonly position: number; readonly latest: number }[] = [{ position: 0, latest: -Infinity }];

  constructor(private readonly read: (after: number, limit: number) => Promise<Page>) {}

  async positionAt(instant: string): Promise<number> {
    const ms = msOf(instant);
    let { position, latest } = this.#marks.findLast(mark => mark.latest <= ms)!;
    for (;;) {
      const page = await this.read(position, PAGE);
      for (const event of page.events) {
        const recorded = msOf(event.recorded);
        if (recorded > ms) return position;
        position = event.position;
        latest = Math.max(latest, recorded);
      }
      if (page.atHead) return position;
      position = page.position;
      if (position > this.#marks.at(-1)!.position) this.#marks.push({ position, latest });
    }
  }
}
