import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import type { Member } from './fleet-under-test.js';

export interface Subscriber {
  /** In the order in which they came. */
  readonly events: readonly EventJson[];
  /** Which API it is connected to, if any. */
  readonly by: Member | undefined;
  end(): Promise<void>;
}

/** Follows all events from the start on, by any of the APIs: after a break it goes on at the next one by `Last-Event-ID`. */
export const subscribe = (apis: readonly Member[]): Subscriber => {
  const events: EventJson[] = [];
  const over = new AbortController();
  let place = '';
  let by: Member | undefined;
  const follow = async (api: Member): Promise<void> => {
    const response = await fetch(`${api.url}/ferrolog/v1/events?from=start`, {
      headers: place ? { 'last-event-id': place } : {},
      signal: over.signal,
    });
    if (!response.ok) return;
    by = api;
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
    for (let breaks = 0; !over.signal.aborted; breaks++) {
      await follow(apis[breaks % apis.length]!).catch(() => undefined);
      by = undefined;
      await sleep(100);
    }
  })();
  return {
    events,
    get by() {
      return by;
    },
    async end() {
      over.abort();
      await following;
    },
  };
};
