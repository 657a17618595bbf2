import { status } from '@grpc/grpc-js';
import type { EventLog, LoggedEvent } from './event-log.js';
import { END_OF_STREAM, isSoftlyDeleted } from './event-log.js';
import { predicateOf } from './filter.js';
import type { ReadCall } from './outlet.js';
import { Outlet } from './outlet.js';
import type { ReadOptions } from './protocol.js';
import { foundOf } from './recorded.js';
import { failure, statusOf, StreamDeleted } from './refusals.js';
import type { Server } from './server.js';
import { subscribe } from './subscribe.js';

const PAGE = 200;

/** Reads that end, and subscriptions, which do not. */
export const handleRead =
  (server: Server) =>
  (call: ReadCall): void => {
    const options = call.request.options ?? {};
    const outlet = new Outlet(call);
    const run = async (): Promise<void> => {
      server.access.authenticate(call.metadata);
      server.access.authorize(call.metadata);
      // Served by every node, whatever the client asks for.
      if (!(options.subscription && options.all)) server.access.requireLeader(call.metadata);
      if (options.subscription) await subscribe(server, options, outlet);
      else if (options.stream) await readStream(server.log, options, outlet);
      else await readAll(server.log, options, outlet);
    };
    run().then(
      () => call.end(),
      error => call.emit('error', statusOf(error)),
    );
  };

const limitOf = ({ limit = '0' }: ReadOptions, kind: 'Stream' | 'All'): number => {
  const count = Number(limit);
  if (count === 0) throw failure(status.UNKNOWN, `Unexpected Read${kind}Result: Error`);
  return count;
};

const readStream = async (log: EventLog, options: ReadOptions, outlet: Outlet): Promise<void> => {
  const { stream: from = {}, direction, uuidForm, control } = options;
  const limit = limitOf(options, 'Stream');
  const name = from.stream?.name?.toString() ?? '';
  if (name === '') throw failure(status.UNKNOWN, 'Exception was thrown by handler.');
  const state = log.state(name);
  if (state.isTombstoned) throw new StreamDeleted(name);
  if (state.last === -1n || isSoftlyDeleted(state))
    return outlet.write({ notFound: { stream: { name: Buffer.from(name) } } });
  const isBackwards = direction === 1;
  if (from.last && !isBackwards) throw failure(status.UNKNOWN, 'Unexpected ReadStreamResult: Error');
  const start = from.last ? END_OF_STREAM : BigInt(from.revision ?? 0);
  const pages = pagesOf(limit, start, (next, count) => {
    const events = isBackwards ? log.backwards(name, next, count) : log.forwards(name, next, count);
    const last = events.at(-1);
    return { events, next: last && (isBackwards ? last.revision - 1n : last.revision + 1n) };
  });
  for await (const event of pages) {
    if (!outlet.isOpen) return;
    await outlet.write(foundOf(event, uuidForm?.halves !== undefined));
  }
  if (control?.compatibility) await outlet.write({ lastRevision: String(state.last) });
};

const readAll = async (log: EventLog, options: ReadOptions, outlet: Outlet): Promise<void> => {
  const { all = {}, direction, filter, uuidForm } = options;
  const limit = limitOf(options, 'All');
  const isWanted = predicateOf(filter);
  const isBackwards = direction === 1;
  const start = all.last ? log.end : BigInt(all.position?.commit ?? 0);
  if (!log.isBoundary(start)) throw failure(status.UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition');
  const pages = pagesOf(limit, start, (next, count) => {
    const found = isBackwards ? log.allBackwards(next, PAGE) : log.allForwards(next, PAGE);
    const last = found.at(-1);
    const events = found.filter(isWanted).slice(0, count);
    return { events, next: last && (isBackwards ? last.position : last.position + 1n) };
  });
  for await (const event of pages) {
    if (!outlet.isOpen) return;
    await outlet.write(foundOf(event, uuidForm?.halves !== undefined));
  }
};

interface Page {
  readonly events: readonly LoggedEvent[];
  /** From where to go on; nothing when the end is reached. */
  readonly next: bigint | undefined;
}

/** Between pages, other calls have their turn. */
async function* pagesOf(
  limit: number,
  start: bigint,
  page: (next: bigint, count: number) => Page,
): AsyncGenerator<LoggedEvent> {
  let left = limit;
  let next: bigint | undefined = start;
  while (left > 0 && next !== undefined) {
    const found: Page = page(next, Math.min(left, PAGE));
    yield* found.events;
    left -= found.events.length;
    next = found.next;
    await new Promise(resolve => setImmediate(resolve));
  }
}
