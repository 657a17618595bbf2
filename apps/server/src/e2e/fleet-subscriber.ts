import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import type { Member } from './fleet-under-test.js';

export interface Subscriber {
  /** In the order in which they came. */
  readonly events: readonly EventJson[];
  /** How often it had to come again. */
  readonly breaks: number;
  end(): Promise<void>;
}

/** Follows all events from the start on, by any of the APIs: after a break it goes on at the next one by `Last-Event-ID`. */
export const subscribe = (apis: readonly Member[]): Subscriber => {
  const events: EventJson[] = [];
  const over = new AbortController();
  let place = '';
  let breaks = 0;
  const follow = async (url: string): Promise<void> => {
    const response = await fetch(`${url}/ferrolog/v1/events?from=start`, {
      headers: place ? { 'last-event-id': place } : {},
      signal: over.signal,
    });
    if (!response.ok) return;
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data) events.push(JSON.parse(data) as EventJson);
        place = /^id: (.*)$/m.exec(block)?.[1] ?? place;
      }
    }
  };
  const following = (async () => {
    for (; !over.signal.aborted; breaks++) {
      await follow(apis[breaks % apis.length]!.url).catch(() => undefined);
      await sleep(100);
    }
  })();
  return {
    events,
    get breaks() {
      return breaks;
    },
    async end() {
      over.abort();
      await following;
    },
  };
};
