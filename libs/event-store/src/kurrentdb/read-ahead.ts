import type { Page } from '#domain';
import { BATCH } from '../tail.js';

type Read = (after: number, limit: number) => Promise<Page>;

/** One question to the server for many small batches of one follower. */
export const readAhead = (read: Read): Read => {
  let held: { readonly after: number; readonly page: Page } | undefined;
  return async (after, limit) => {
    const page = held?.after === after ? held.page : await read(after, Math.max(limit, BATCH));
    held = undefined;
    if (page.events.length <= limit) return page;
    const events = page.events.slice(0, limit);
    const { position } = events.at(-1)!;
    held = { after: position, page: { ...page, events: page.events.slice(limit) } };
    return { events, position, atHead: false };
  };
};
