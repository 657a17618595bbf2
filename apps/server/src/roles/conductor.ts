import type { FakeMemory } from '#drivers';
import { Drivers, hardwareTypes } from '#drivers';
import type { HardwareReads } from '#domain';
import {
  Conductor,
  every,
  Limit,
  LocalHardwareReads,
  NodeWorker,
  Performer,
  PowerSync,
  register,
  withdrawOrphans,
} from '#apps/conductor';
import { systemClock } from '../clock.js';
import type { ReadSidePort } from '../engines/engines.js';
import type { BootParts } from './booting.js';
import { bootingAgents } from './booting.js';
import type { RoleParts } from './role.js';

export interface OpenedConductor {
  readonly reads: HardwareReads;
  /** Begins to work: answers when it has joined the others, which takes as long as the work log is away. */
  join(): Promise<void>;
  hasJoined(): boolean;
}

/** Works on the hardware of the nodes that are its own. */
export const openConductor = async (
  { configuration, engines, decisions, clock, logger, atEnd }: RoleParts,
  fakeMemory: FakeMemory,
  bootParts?: BootParts,
): Promise<OpenedConductor> => {
  const { store, telemetry, log, signals, readSide } = engines;
  const { nodes, conductors, content, catalog } = decisions;
  const { conductorHost: host, conductorGroup } = configuration;
  const report = (message: string, details: object) => logger.error(details, message);

  const booting = bootParts && bootingAgents(configuration, bootParts);
  const drivers = new Drivers(hardwareTypes(configuration, fakeMemory, booting));
  atEnd(() => drivers.close());
  const manifests = drivers.manifests();
  catalog.put({ host, conductorGroup, manifests });
  atEnd(await register({ host, conductorGroup, manifests, conductors, blobs: store, telemetry, clock }));

  const performer = new Performer(drivers, content, systemClock, configuration.decisions.maxWaitStepMs);
  const worker: NodeWorker = new NodeWorker({
    host,
    nodes,
    performer,
    clock,
    settings: configuration.decisions,
    telemetry,
    signals,
    mayAct: node => conductor.mayAct(node),
    effects: new Limit(configuration.workers),
    log: (message, details) => logger.warn(details, message),
  });
  const conductor = new Conductor({
    host,
    conductorGroup,
    hardwareTypes: drivers.names,
    log,
    worker,
    openWork: { of: (group, type) => readSide.current.openWork.of(group, type) },
    caughtUp: () => readSide.caughtUp(),
    clock,
    signals,
    report,
  });
  atEnd(() => conductor.stop());

  const powerSync = new PowerSync({
    host,
    nodes,
    performer,
    owned: () => ownedNodes(readSide, row => conductor.owns(row.conductor_group, row.driver, row.uuid)),
    force: configuration.forcePowerStateDuringSync,
    maxRetries: configuration.powerStateSyncMaxRetries,
    atOnce: configuration.syncPowerStateWorkers,
  });
  atEnd(
    every(clock, configuration.syncPowerStateIntervalSeconds * 1000, () =>
      powerSync.run().catch((error: unknown) => report('reading power states broke off', { error })),
    ),
  );
  let hasJoined = false;
  return {
    reads: new LocalHardwareReads(nodes, performer),
    hasJoined: () => hasJoined,
    async join() {
      if (bootParts) await withdrawOrphans(bootParts.boot, nodes.repository);
      await conductor.start();
      hasJoined = true;
    },
  };
};

/** Page by page, so that a large fleet is not held in memory. */
async function* ownedNodes(
  readSide: ReadSidePort,
  isOwned: (row: { conductor_group: string; driver: string; uuid: string }) => boolean,
): AsyncGenerator<string> {
  const limit = 500;
  for (let marker: string | undefined; ;) {
    const rows = await readSide.current.nodes.texts({ include_children: true }, { limit, ...(marker && { marker }) });
    for (const row of rows) if (isOwned(row)) yield row.uuid;
    if (rows.length < limit) return;
    marker = rows.at(-1)!.uuid;
  }
}
