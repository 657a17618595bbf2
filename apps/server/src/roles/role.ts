import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import type { Clock } from '#domain';
import type { Decisions } from '../decisions.js';
import type { AtEnd, Engines } from '../engines/engines.js';

/** What every role of a process is made of. */
export interface RoleParts {
  readonly configuration: Configuration;
  readonly engines: Engines;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly atEnd: AtEnd;
}

/** For what goes on by itself after a break. */
export const onBreak =
  (logger: Logger, what: string) =>
  (error: unknown): void =>
    logger.error({ error }, `${what} broke off and will be tried again`);
