import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HardwareReads } from '#domain';
import { positionToken, workTopic } from '#domain';
import type { ApiPorts } from '#apps/api';
import { ApiModule, createApplication, createMetrics, httpBasic, noAuth } from '#apps/api';
import { reasonIn } from '../logger.js';
import type { RoleParts } from './role.js';

/** Answers requests; a process without this role answers those of its operators only. */
export const startApi = async (
  { configuration, engines, decisions, clock, logger, atEnd }: RoleParts,
  reads: HardwareReads,
  hasJoined: () => boolean = () => true,
  /** Called when everything is ready for the port to be taken. */
  toListen: () => Promise<void> = async () => undefined,
): Promise<{ app: NestFastifyApplication; url: string }> => {
  const { store, telemetry, log, signals, readSide, webhookPlaces } = engines;
  const { nodes, chassis, webhooks, content, catalog, ownerOf } = decisions;
  const closing = new AbortController();
  const ports: ApiPorts = {
    nodes,
    chassis,
    webhooks,
    webhookPlaces,
    readModel: () => readSide.current,
    reached: position => readSide.reached(position),
    isBehind: () => !readSide.isUpToDate,
    store,
    blobs: store,
    content,
    catalog,
    telemetry,
    signals,
    reads,
    ownerOf,
    work: {
      partitions: log.partitionsPerTopic,
      owners: (group, driver) => log.owners(workTopic(group, driver)),
      lag: (group, driver) => log.lag(workTopic(group, driver)),
    },
    ...(engines.storeCounters && { storeCounters: engines.storeCounters }),
    clock,
    closing: closing.signal,
    settings: {
      maxLimit: configuration.maxLimit,
      requireAgentTls: configuration.requireAgentTls,
      decisions: configuration.decisions,
    },
    rebuild: () => readSide.rebuild(),
    impediments: () => [
      ...engines.impediments(),
      ...(hasJoined() ? [] : ['the conductor of this process has not joined the others yet']),
    ],
  };
  const metrics = createMetrics(ports);
  const access =
    configuration.authStrategy === 'http_basic'
      ? httpBasic(configuration.htpasswd ?? join(configuration.data, 'htpasswd'))
      : noAuth;
  const module = configuration.roles.includes('api')
    ? ApiModule.with(ports, metrics)
    : ApiModule.operationsOnly(ports, metrics);
  const app = await createApplication(module, {
    access,
    publicEndpoint: configuration.publicEndpoint,
    trustProxy: configuration.trustProxy,
    behindAt: () => (readSide.isUpToDate ? undefined : positionToken(store.identity, readSide.current.position)),
    onUnforeseen: (error, request) =>
      logger.error({ error, ...request }, 'a request failed in a way that nobody foresaw'),
    onAway: (error, request) =>
      logger.warn({ reason: reasonIn(error), ...request }, 'a request was refused because an engine is away'),
    onAnswer: (request, reply) => metrics.observe(request, reply),
  });
  await toListen();
  await app.listen(configuration.port, configuration.host);
  const server = app.getHttpServer() as HttpServer;
  atEnd(() => {
    closing.abort();
    return drained(server, () => app.close());
  });
  const { port } = server.address() as AddressInfo;
  const host = configuration.host.includes(':') ? `[${configuration.host}]` : configuration.host;
  return { app, url: `http://${host}:${port}` };
};

const LOOK_EVERY_MS = 50;
/** Whoever sends no faster than this is not waited for. */
const LONGEST_DRAIN_MS = 5_000;

/** Closes once every request under way is answered. Its connection ends then, and not when its client has had enough. */
const drained = async (server: HttpServer, close: () => Promise<void>): Promise<void> => {
  const idle = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  const late = setTimeout(() => server.closeAllConnections(), LONGEST_DRAIN_MS);
  try {
    await close();
  } finally {
    clearInterval(idle);
    clearTimeout(late);
  }
};
