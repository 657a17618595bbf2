import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Configuration, Role } from '#configuration';
import { EMBEDDED } from '#configuration';
import type { Clock, RecordedEvent } from '#domain';
import { FakeMemory } from '#drivers';
import { asSoonAsReachable } from './as-soon-as-reachable.js';
import { cannotStart } from './cannot-start.js';
import { systemClock } from './clock.js';
import type { DataDirectory } from './data-directory.js';
import { takeDataDirectory } from './data-directory.js';
import { decisionsOn } from './decisions.js';
import { embeddedEngines } from './engines/embedded.js';
import type { AtEnd } from './engines/engines.js';
import { requireFreePort } from './free-port.js';
import { startApi } from './roles/api.js';
import type { BootParts } from './roles/booting.js';
import { configuredBootParts } from './roles/booting.js';
import { openConductor } from './roles/conductor.js';
import { followFleet } from './roles/follow-fleet.js';
import { startProjector } from './roles/projector.js';
import { startRelay } from './roles/relay.js';

export interface Server {
  /** `http://host:port` */
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Drains: requests under way are answered, effects interrupted, everything closed. */
  stop(): Promise<void>;
}

/** Places where tests look in, or pull the plug. */
export interface ServerHooks {
  /** In place of the boot services and images of the configuration. */
  readonly boot?: BootParts;
  /** In the turn of a commit, before anybody else learns of it. */
  readonly onCommit?: (events: readonly RecordedEvent[]) => void;
  readonly fakeMemory?: (path: string) => FakeMemory;
}

/**
 * Everything in one process: engines, decisions on them, and the roles that a process can have. This is the only
 * place that knows all of them.
 *
 * Where engines are servers that cannot be reached yet, it waits for them, until the signal aborts.
 *
 * @throws CannotStart for what can be foreseen to stand in the way · the signal's reason
 */
export const startServer = async (
  configuration: Configuration,
  logger: Logger,
  hooks: ServerHooks = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Server> => {
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    await requireFreePort(configuration);
    const directory = takeDataDirectory(configuration.data);
    ends.push(() => directory.release());
    const atEnd: AtEnd = end => void ends.push(end);
    const start: Start = (atEnd, toListen) =>
      compose({ configuration, directory, logger, hooks, signal }, toListen, atEnd);
    const answering = isEmbedded(configuration)
      ? await start(atEnd, nothing)
      : await asSoonAsReachable(start, { configuration, logger, signal, atEnd });
    return { ...answering, stop };
  } catch (error) {
    await stop();
    throw cannotStart(error, configuration);
  }
};

type Start = (atEnd: AtEnd, toListen: () => Promise<void>) => Promise<Omit<Server, 'stop'>>;
const nothing = async () => undefined;

/** Everything in this process and its data folder. */
const isEmbedded = ({ eventStore, database, workLog }: Configuration): boolean =>
  eventStore === EMBEDDED.eventStore && database === EMBEDDED.database && workLog === EMBEDDED.workLog;

interface Given {
  readonly configuration: Configuration;
  readonly directory: DataDirectory;
  readonly logger: Logger;
  readonly hooks: ServerHooks;
  readonly signal: AbortSignal;
}

const compose = async (
  { configuration, directory, logger, hooks, signal }: Given,
  /** Called when the port is wanted. */
  toListen: () => Promise<void>,
  atEnd: AtEnd,
) => {
  const clock = systemClock;
  const engines = isEmbedded(configuration)
    ? await embeddedEngines(configuration, directory, clock, logger, hooks.onCommit, atEnd)
    : await (await import('./engines/servers.js')).serverEngines(configuration, directory, clock, logger, atEnd);
  const decisions = decisionsOn(engines, configuration, clock);
  const parts = { configuration, engines, decisions, clock, logger, atEnd };
  const has = (role: Role) => configuration.roles.includes(role);

  if (has('relay')) startRelay(parts);
  if (has('projector')) startProjector(parts);
  const { fakeMachines, conductorHost } = configuration;
  const fakeMemory = hooks.fakeMemory?.(fakeMachines) ?? new FakeMemory(fakeMachines, conductorHost);
  const bootParts = () => hooks.boot ?? configuredBootParts(parts, directory);
  const conductor = has('conductor') ? await openConductor(parts, fakeMemory, await bootParts()) : undefined;
  if (!isEmbedded(configuration)) await followFleet(parts);
  // Who has not looked yet can only expect.
  await inTime(engines.log.ownersSeen(), clock);
  // Answers from here on; who works on hardware joins the others meanwhile.
  const answering = await startApi(parts, engines.hardwareReads(conductor?.reads), conductor?.hasJoined, toListen);
  // As long as the work log is away. Who is told to stop meanwhile has a server that can be stopped.
  if (conductor) await unlessAborted(signal, conductor.join());
  return answering;
};

/** Where Kafka is away nobody knows who owns what: commands go by who is expected to. */
const OWNERS_MS = 5_000;

const inTime = async (seen: Promise<void>, clock: Clock): Promise<void> => {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(OWNERS_MS, late.resolve);
  await Promise.race([seen, late.promise]);
  cancel();
};

/** Answers also when the signal aborts: what fails from then on, fails because everything ends. */
const unlessAborted = async (signal: AbortSignal, work: Promise<void>): Promise<void> => {
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
