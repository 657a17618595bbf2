import { CONDUCTOR_LIFE_MS, isoOf, provisionStates } from '#domain';
import { positionToken } from '../ferrolog/position-token.js';
import type { ApiPorts } from '../ports.js';
import { registeredKinds, sharesOf } from './work.js';

export type Status = Awaited<ReturnType<typeof statusOf>>;

/** The server and its fleet at this moment, for whoever looks whether all is well. */
export const statusOf = async (ports: ApiPorts, requestedBy: string) => {
  const { store, telemetry, clock, catalog } = ports;
  const model = ports.readModel();
  const head = await store.head();
  const counts = await model.nodes.countByState();
  const byWork = await model.nodes.countByWork();
  const kinds = byWork.map(({ conductor_group, driver }) => ({ conductor_group, hardware_type: driver }));
  const shares = await sharesOf([...(await registeredKinds(ports)), ...kinds], ports.work);
  const now = clock.now();
  const { storeId, generation, movedFrom } = store.identity;
  return {
    time: isoOf(now),
    requested_by: requestedBy,
    store: {
      storeId,
      generation,
      ...(movedFrom && { movedFrom: movedFrom.storeId }),
      head: positionToken(store.identity, head),
      position: head,
    },
    /** `behind` is in positions, which may have holes: it says how far, not how many events. */
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
    /** How the work is divided, by conductor group and hardware type, with the number of nodes there. */
    work: shares.map(share => ({
      ...share,
      nodes:
        byWork.find(
          ({ conductor_group, driver }) => conductor_group === share.conductor_group && driver === share.hardware_type,
        )?.nodes ?? 0,
    })),
    open_work: await model.openWork.all(),
    impediments: ports.impediments(),
  };
};
