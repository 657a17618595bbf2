import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Configuration } from '#configuration';
import { VERSION } from '#configuration';
import type { Cause } from '#command-handler';
import { CommandHandler, Content, nodePreparation } from '#command-handler';
import type { DriverManifest, RecordedEvent, Surroundings } from '#domain';
import { chassisAggregate, conductorAggregate, nodeAggregate, uuidOfNodeStream, workTopic } from '#domain';
import { Drivers, FakeMemory, FleetCatalog, hardwareTypes } from '#drivers';
import { SqliteEventStore } from '#event-store/sqlite';
import { EventRegistry } from '#schemas';
import { readOrCreateMasterKey, Sealer, SqliteKeyStore } from '#secrets';
import { LocalSignals, SqliteTelemetry } from '#telemetry';
import { inProcessWorkLog } from '#work-log';
import type { ApiPorts } from '#apps/api';
import { ApiModule, createApplication, createMetrics, httpBasic, noAuth } from '#apps/api';
import {
  Conductor,
  every,
  Limit,
  LocalHardwareReads,
  NodeWorker,
  Performer,
  PowerSync,
  register,
} from '#apps/conductor';
import { ReadSide } from '#apps/projector';
import { relay } from '#apps/relay';
import type { Logger } from 'pino';
import { cannotStart } from './cannot-start.js';
import { systemClock } from './clock.js';
import type { DataDirectory } from './data-directory.js';
import { opened, takeDataDirectory } from './data-directory.js';
import { requireFreePort } from './free-port.js';
import { keyEraser } from './key-eraser.js';
import { originSealer } from './seal-origin.js';

export interface Server {
  /** `http://host:port` */
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Drains: requests under way are answered, effects interrupted, everything closed. */
  stop(): Promise<void>;
}

/** Places where tests look in, or pull the plug. */
export interface ServerHooks {
  /** In the turn of a commit, before anybody else learns of it. */
  readonly onCommit?: (events: readonly RecordedEvent[]) => void;
  readonly fakeMemory?: (path: string) => FakeMemory;
}

/**
 * Everything in one process, on the embedded default: one file of events, a log and signals in memory, and the read
 * model projected in the commit's own turn. This is the only place that knows all of them.
 *
 * @throws CannotStart for what can be foreseen to stand in the way
 */
export const startServer = async (
  configuration: Configuration,
  logger: Logger,
  hooks: ServerHooks = {},
): Promise<Server> => {
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    await requireFreePort(configuration);
    const directory = takeDataDirectory(configuration.data);
    ends.push(() => directory.release());
    return { ...(await compose(configuration, directory, logger, hooks, end => ends.push(end))), stop };
  } catch (error) {
    await stop();
    throw cannotStart(error, configuration);
  }
};

const compose = async (
  configuration: Configuration,
  directory: DataDirectory,
  logger: Logger,
  hooks: ServerHooks,
  atEnd: (end: () => Promise<unknown> | unknown) => void,
) => {
  const clock = systemClock;
  const report = (message: string, details: object) => logger.error(details, message);

  // What is kept: events, keys, rows, telemetry.
  const store = new SqliteEventStore({ path: directory.events, clock });
  atEnd(() => store.close());
  const masterKey = readOrCreateMasterKey(configuration.masterKey);
  const keys = opened(directory.keys, () => new SqliteKeyStore(directory.keys, masterKey));
  atEnd(() => keys.close());
  const telemetry = opened(directory.telemetry, () => new SqliteTelemetry(directory.telemetry));
  atEnd(() => telemetry.close());
  const readSide = await ReadSide.open(directory.path, directory.events, store, {
    rebuild: () => logger.info('building the read model from the events'),
    fault: error => report('the read model is behind', { error }),
  });
  atEnd(() => readSide.close());
  if (hooks.onCommit) store.onCommit(hooks.onCommit);
  store.onCommit(readSide.apply);

  // Decisions.
  const sealer = new Sealer(keys, store);
  const content = new Content(sealer, store);
  const catalog = new FleetCatalog();
  const signals = new LocalSignals();
  const log = inProcessWorkLog({
    clock,
    onPoison: (message, error, attempts) => {
      report('work on a node fails again and again', { node: message.key, error, attempts });
      return 'retry';
    },
    onFault: fault => report('the work log could not count on something', { error: fault }),
  });
  atEnd(() => log.close());
  const ownerOf = (group: string, driver: string, uuid: string) => log.ownerOf(workTopic(group, driver), uuid);
  const ports = { store, clock, registry: new EventRegistry(), codeVersion: VERSION, sealOrigin: originSealer(sealer) };
  const surroundings = (cause: Cause, now: string): Surroundings => ({
    now,
    commandId: cause.commandId,
    settings: configuration.decisions,
    catalog,
    owner: ({ uuid, attributes }) => ownerOf(attributes.conductor_group, attributes.driver, uuid),
    underWay: () => {
      const { nodes } = readSide.current;
      return {
        deploying: nodes.count('deploying', 'wait call-back'),
        cleaning: nodes.count('deleting', 'cleaning', 'clean wait'),
      };
    },
  });
  const nodes = new CommandHandler(ports, {
    aggregate: nodeAggregate,
    context: surroundings,
    ...nodePreparation(content, catalog),
    ofStream: stream => (stream.startsWith('node-') ? uuidOfNodeStream(stream) : undefined),
  });
  const chassis = new CommandHandler(ports, { aggregate: chassisAggregate, context: () => ({}) });
  const conductors = new CommandHandler(ports, { aggregate: conductorAggregate, context: () => ({}) });

  // Work on hardware.
  const host = configuration.conductorHost;
  const drivers = new Drivers(
    hardwareTypes(configuration, hooks.fakeMemory?.(directory.fakeMemory) ?? new FakeMemory(directory.fakeMemory)),
  );
  atEnd(() => drivers.close());
  const manifests: readonly DriverManifest[] = drivers.manifests();
  catalog.put({ host, conductorGroup: configuration.conductorGroup, manifests });
  atEnd(
    await register({
      host,
      conductorGroup: configuration.conductorGroup,
      manifests,
      conductors,
      blobs: store,
      telemetry,
      clock,
    }),
  );
  const performer = new Performer(drivers, content, clock, configuration.decisions.maxWaitStepMs);
  const worker = new NodeWorker({
    host,
    nodes,
    performer,
    clock,
    settings: configuration.decisions,
    telemetry,
    signals,
    effects: new Limit(configuration.workers),
    log: (message, details) => logger.warn(details, message),
  });
  const onBreak = (what: string) => (error: unknown) => report(`${what} broke off and will be tried again`, { error });
  const waking = relay({ store, log, clock, onBreak: onBreak('waking conductors') }, await store.head());
  waking.start();
  atEnd(() => waking.stop());
  const conductor = new Conductor({
    host,
    conductorGroup: configuration.conductorGroup,
    hardwareTypes: drivers.names,
    log,
    worker,
    openWork: { of: (group, type) => readSide.current.openWork.of(group, type) },
    caughtUp: async () => undefined,
    clock,
    signals,
    report,
  });
  await conductor.start();
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
  const eraser = keyEraser({ store, keys, clock, onBreak: onBreak('erasing keys') });
  eraser.start();
  atEnd(() => eraser.stop());

  // Answers.
  const closing = new AbortController();
  const api: ApiPorts = {
    nodes,
    chassis,
    readModel: () => readSide.current,
    reached: async () => undefined,
    store,
    blobs: store,
    content,
    catalog,
    telemetry,
    signals,
    reads: new LocalHardwareReads(nodes, performer),
    ownerOf,
    clock,
    closing: closing.signal,
    settings: {
      maxLimit: configuration.maxLimit,
      requireAgentTls: configuration.requireAgentTls,
      decisions: configuration.decisions,
    },
    rebuild: () => readSide.rebuild(),
    impediments: () => (readSide.isUpToDate ? [] : ['the read model is behind the event store']),
  };
  const metrics = createMetrics(api);
  const access =
    configuration.authStrategy === 'http_basic'
      ? httpBasic(configuration.htpasswd ?? join(directory.path, 'htpasswd'))
      : noAuth;
  const app = await createApplication(ApiModule.with(api, metrics), {
    access,
    publicEndpoint: configuration.publicEndpoint,
    onUnforeseen: (error, request) =>
      logger.error({ error, ...request }, 'a request failed in a way that nobody foresaw'),
    onAnswer: (request, reply) => metrics.observe(request, reply),
  });
  await app.listen(configuration.port, configuration.host);
  atEnd(() => {
    closing.abort();
    return app.close();
  });
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    url: `http://${configuration.host.includes(':') ? `[${configuration.host}]` : configuration.host}:${port}`,
  };
};

/** Page by page, so that a large fleet is not held in memory. */
async function* ownedNodes(
  readSide: ReadSide,
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
