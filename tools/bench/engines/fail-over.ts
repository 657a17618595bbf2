import type { EventStore } from '#domain';
import { msOf, nodeStream } from '#domain';
import { until } from '../../engines/fleet-member.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { ask, availableNodes, startAll, withFleet } from './fleet.js';

const CONDUCTORS = 3;
/** Longer than anybody waits: what comes next in a stream is somebody else's doing. */
const STEP_SECONDS = 3_600;

export interface FailOver {
  /** Seconds from the kill to the next event in any stream that the dead one was at work on. */
  readonly first: number;
  /** … and to the next event in the last of them. */
  readonly last: number;
}

/** Kills one conductor after another, in the middle of a step of each of its nodes, and starts it again. */
export const failOver = (
  engines: EnginesUnderTest,
  { sessionSeconds, nodes, kills }: { readonly sessionSeconds: number; readonly nodes: number; readonly kills: number },
): Promise<FailOver[]> => {
  const settings = { FERROLOG_WORK_LOG_SESSION_SECONDS: String(sessionSeconds) };
  return withFleet(engines, { conductors: CONDUCTORS, settings }, async ({ conductors, client, store, divided }) => {
    await startAll(conductors.slice(1));
    await divided(conductors);
    const uuids = await availableNodes(client, nodes, STEP_SECONDS);
    const work = followWork(store, uuids.map(nodeStream));
    await ask(client, uuids, 'active');
    await until(() => uuids.every(uuid => work.holderOf(nodeStream(uuid)) !== undefined), 'all nodes to be at work');
    const times: FailOver[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const victim = conductors[kill % CONDUCTORS]!;
      const orphans = uuids.map(nodeStream).filter(stream => work.holderOf(stream) === victim.name);
      if (orphans.length === 0) throw new Error(`${victim.name} has nothing to do: take more nodes`);
      const killedAt = Date.now();
      await victim.kill();
      await until(() => orphans.every(stream => work.newestAt(stream) > killedAt), 'others to go on');
      const seconds = orphans.map(stream => (work.firstAfter(stream, killedAt) - killedAt) / 1000);
      times.push({ first: Math.min(...seconds), last: Math.max(...seconds) });
      await startAll([victim]);
      await divided(conductors);
      await until(() => orphans.every(stream => work.holderOf(stream) === victim.name), 'it to have its nodes again');
    }
    work.end();
    return times;
  });
};

/** Who has claimed each stream, and the times of its events. */
const followWork = (store: EventStore, streams: readonly string[]) => {
  const over = new AbortController();
  const holders = new Map<string, string>();
  const times = new Map<string, number[]>(streams.map(stream => [stream, []]));
  const follow = async () => {
    for await (const { events } of store.subscribeToAll(0, { filter: { streams: ['node-'] }, signal: over.signal }))
      for (const { stream, type, data, recorded } of events) {
        times.get(stream)?.push(msOf(recorded));
        if (type === 'NodeClaimed') holders.set(stream, (data as { conductor: string }).conductor);
      }
  };
  void follow();
  return {
    holderOf: (stream: string) => holders.get(stream),
    newestAt: (stream: string) => times.get(stream)!.at(-1) ?? 0,
    firstAfter: (stream: string, at: number) => times.get(stream)!.find(time => time > at)!,
    end: () => over.abort(),
  };
};
