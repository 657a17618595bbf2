import { status } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { EventLog, LoggedEvent } from './event-log.js';
import { END_OF_STREAM } from './event-log.js';
import { Checkpoints } from './checkpoints.js';
import { predicateOf } from './filter.js';
import type { Outlet } from './outlet.js';
import type { ReadOptions } from './protocol.js';
import { foundOf } from './recorded.js';
import { failure, StreamDeleted } from './refusals.js';
import type { Server } from './server.js';

const PAGE = 200;
/** Events that wait for a live subscriber; with more it is behind, and will be told when it has caught up again. */
const LIVE_BUFFER = 32;

/** The next events of what is followed; a page that is not full ends where the log does. */
type Next = () => LoggedEvent[];

/** Until the client leaves. Behind, live, behind again: `caughtUp` is sent whenever the end is reached (24.2.0). */
export const subscribe = async (server: Server, options: ReadOptions, outlet: Outlet): Promise<void> => {
  const { log, faults } = server;
  const next = options.stream ? streamEvents(log, options.stream) : allEvents(log, options.all ?? {});
  const isWanted = predicateOf(options.filter);
  const checkpoints = options.filter && new Checkpoints(options.filter);
  const asHalves = options.uuidForm?.halves !== undefined;
  const stopListening = [log.onCommit(() => outlet.wake()), faults.onChange(() => outlet.wake())];
  let isLive = false;
  let delivered = 0;
  try {
    await outlet.write({ confirmation: { subscriptionId: randomUUID() } });
    while (outlet.isOpen) {
      if (faults.take('slow-consumer', ({ afterEvents = 0 }) => delivered >= afterEvents)) throw tooSlow();
      const awake = outlet.sleep();
      const events = next();
      if (events.length > LIVE_BUFFER) isLive = false;
      for (const [index, event] of events.entries()) {
        if (!outlet.isOpen) return;
        const matches = isWanted(event);
        if (matches) await outlet.write(foundOf(event, asHalves));
        if (matches) delivered++;
        const following = events[index + 1]?.position ?? log.end;
        const checkpoint = checkpoints?.after(event, matches || isLive, following);
        if (checkpoint) await outlet.write({ checkpoint });
        if (options.stream && event.revision === END_OF_STREAM) throw new StreamDeleted(event.stream);
      }
      if (events.length === PAGE) {
        outlet.wake();
        await new Promise(resolve => setImmediate(resolve));
        continue;
      }
      if (!isLive) await outlet.write({ caughtUp: {} });
      isLive = true;
      await awake;
    }
  } finally {
    for (const stop of stopListening) stop();
  }
};

/** After the revision, not from it. */
const streamEvents = (log: EventLog, { stream, revision, last }: NonNullable<ReadOptions['stream']>): Next => {
  const name = stream?.name?.toString() ?? '';
  const state = log.state(name);
  if (state.isTombstoned) throw new StreamDeleted(name);
  let from = last ? state.last + 1n : revision === undefined ? 0n : BigInt(revision) + 1n;
  return () => {
    const events = log.forwards(name, from, PAGE);
    from = (events.at(-1)?.revision ?? from - 1n) + 1n;
    return events;
  };
};

/** After the position. A checkpoint whose prepare is 0 names the place where to look next. */
const allEvents = (log: EventLog, { position, last }: NonNullable<ReadOptions['all']>): Next => {
  const { commit = '0', prepare = '0' } = position ?? {};
  const isNextPlace = BigInt(prepare) < BigInt(commit);
  let from = last ? log.end : !position ? 0n : isNextPlace ? BigInt(commit) : BigInt(commit) + 1n;
  return () => {
    const events = log.allForwards(from, PAGE);
    from = (events.at(-1)?.position ?? from - 1n) + 1n;
    return events;
  };
};

/** As 23.10.5 drops a subscriber that cannot keep up. */
const tooSlow = () =>
  failure(
    status.ABORTED,
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  );
