import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import type { RecordedEvent } from '#domain';
import { FakeMemory } from '#drivers';
import { relay } from '#apps/relay';
import { cannotStart } from './cannot-start.js';
import { systemClock } from './clock.js';
import type { DataDirectory } from './data-directory.js';
import { takeDataDirectory } from './data-directory.js';
import { decisionsOn } from './decisions.js';
import { embeddedEngines } from './engines/embedded.js';
import type { AtEnd } from './engines/engines.js';
import { requireFreePort } from './free-port.js';
import { keyEraser } from './key-eraser.js';
import { startApi } from './roles/api.js';
import { startConductor } from './roles/conductor.js';
import { onBreak } from './roles/role.js';
import { startWebhooks } from './roles/webhooks.js';

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
 * Everything in one process: engines, decisions on them, and the roles that a process can have. This is the only
 * place that knows all of them.
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
  atEnd: AtEnd,
) => {
  const clock = systemClock;
  const engines = await embeddedEngines(configuration, directory, clock, logger, hooks.onCommit, atEnd);
  const { store, log } = engines;
  const parts = { configuration, engines, decisions: decisionsOn(engines, configuration, clock), clock, logger, atEnd };

  const waking = relay({ store, log, clock, onBreak: onBreak(logger, 'waking conductors') }, await store.head());
  waking.start();
  atEnd(() => waking.stop());
  const webhooks = startWebhooks(parts);
  atEnd(() => webhooks.stop());
  const eraser = keyEraser({ ...engines, clock, onBreak: onBreak(logger, 'erasing keys') });
  eraser.start();
  atEnd(() => eraser.stop());

  const fakeMemory = hooks.fakeMemory?.(directory.fakeMemory) ?? new FakeMemory(directory.fakeMemory);
  const reads = await startConductor(parts, fakeMemory);
  return startApi(parts, reads);
};
