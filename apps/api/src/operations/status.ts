import { CONDUCTOR_LIFE_MS, isoOf, provisionStates } from '#domain';
import { positionToken } from '../ferrolog/position-token.js';
import type { ApiPorts } from '../ports.js';

export type Status = Awaited<ReturnType<typeof statusOf>>;

/** The server and its fleet at this moment, for whoever looks whether all is well. */
export const statusOf = async (ports: ApiPorts, requestedBy: string) => {
  const { store, telemetry, clock, catalog } = ports;
  const model = ports.readModel();
  const head = await store.head();
  const counts = await model.nodes.countByState();
  const now = clock.now();
  return {
    time: isoOf(now),
    requested_by: requestedBy,
    store: { ...store.identity, head: positionToken(store.identity, head), events: head },
    read_model: { position: positionToken(store.identity, model.position), behind: head - model.position },
    /** Nodes by provision state, for the states that any are in. */
    nodes: Object.fromEntries(
      provisionStates.map(state => [state, counts.get(state) ?? 0] as const).filter(([, count]) => count > 0),
    ),
    conductors: [...telemetry.conductors()].map(([host, seen]) => ({
      host,
      seen: isoOf(seen),
      alive: now - seen < CONDUCTOR_LIFE_MS,
    })),
    drivers: catalog.drivers().map(({ manifest, hosts }) => ({ name: manifest.hardwareType, hosts })),
    open_work: await model.openWork.all(),
    impediments: ports.impediments(),
  };
};
