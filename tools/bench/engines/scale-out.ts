import type { EventStore } from '#domain';
import { until } from '../../engines/fleet-member.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { ask, availableNodes, startAll, withFleet } from './fleet.js';

export interface ScaleOutOptions {
  readonly deployments: number;
  readonly stepSeconds: number;
  /** Effects at the same time, of each conductor. */
  readonly workers: number;
}

/** Seconds that one conductor takes for all deployments, and that four take for the same again. */
export const scaleOut = (
  engines: EnginesUnderTest,
  { deployments, stepSeconds, workers }: ScaleOutOptions,
): Promise<{ readonly one: number; readonly four: number }> => {
  const settings = {
    FERROLOG_WORKERS: String(workers),
    FERROLOG_MAX_CONCURRENT_DEPLOY: '0',
    FERROLOG_SYNC_POWER_STATE_INTERVAL_SECONDS: '0',
  };
  return withFleet(engines, { conductors: 4, settings }, async ({ conductors, client, store, divided }) => {
    await divided(conductors.slice(0, 1));
    const uuids = await availableNodes(client, deployments, stepSeconds);
    const deployAll = async (target: 'active' | 'rebuild'): Promise<number> => {
      const finished = await finishing(store);
      const began = performance.now();
      await ask(client, uuids, target);
      await until(() => finished() === deployments, 'the deployments to finish', 600_000);
      return (performance.now() - began) / 1000;
    };
    const one = await deployAll('active');
    await startAll(conductors.slice(1));
    await divided(conductors);
    return { one, four: await deployAll('rebuild') };
  });
};

/** Counts the deployments that finish from now on. */
const finishing = async (store: EventStore): Promise<() => number> => {
  let count = 0;
  const head = await store.head();
  const follow = async () => {
    for await (const { events } of store.subscribeToAll(head, { filter: { types: ['DeploymentFinished'] } }))
      count += events.length;
  };
  void follow();
  return () => count;
};
