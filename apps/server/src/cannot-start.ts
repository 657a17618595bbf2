import type { Configuration } from '#configuration';
import { UnknownHardwareType } from '#drivers';
import { OutcomeUnknown, StoreUnavailable } from '#domain';
import { ConnectionStringRefused, PositionUnknown, StoreDeniesAccess } from '#event-store/kurrentdb';
import { StoreCannotBeOpened } from '#event-store/sqlite';
import { DatabaseUnusable, isUnreachable } from '#postgres';
import { KeyStoreCannotBeOpened, MasterKeyUnusable } from '#secrets';
import { WrongPartitions } from '#work-log';
import { PasswordFileUnusable } from '#apps/api';
import { DataDirectoryUnusable } from './data-directory.js';

/** The server could not start: the sentence says why and what to do. */
export class CannotStart extends Error {
  constructor(
    message: string,
    /** The way it was asked for is wrong; else the machine or its data stand in the way. */
    readonly isMisconfigured: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Whether it stands in the way only until an engine is back that cannot be reached now. */
export const isAway = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof OutcomeUnknown
    ? !isOneOf(error, [StoreDeniesAccess, PositionUnknown])
    : isUnreachable(error);

/** What may be foreseen to go wrong at the start, said in a sentence; anything else as it is. */
export const cannotStart = (error: unknown, { host, port }: Pick<Configuration, 'host' | 'port'>): unknown => {
  if (isOneOf(error, [UnknownHardwareType, PasswordFileUnusable])) return new CannotStart(error.message, true, error);
  if (error instanceof ConnectionStringRefused)
    return new CannotStart(`The event store cannot be reached by its address: ${error.message}.`, true, error);
  if (isOneOf(error, foreseen)) return new CannotStart(sentence(error.message), false, error);
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotStart(
        `Port ${port} of ${host} is taken by another program: stop that one, or choose another port with --port.`,
        false,
        error,
      );
    case 'EACCES':
      return new CannotStart(
        `This user may not listen on port ${port}: choose one above 1023 with --port.`,
        true,
        error,
      );
    default:
      return new CannotStart(`Nothing can listen on ${host} (${code}): it is no address of this machine.`, true, error);
  }
};

const foreseen = [
  DataDirectoryUnusable,
  StoreCannotBeOpened,
  StoreUnavailable,
  DatabaseUnusable,
  MasterKeyUnusable,
  KeyStoreCannotBeOpened,
  WrongPartitions,
];

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const isOneOf = (error: unknown, classes: readonly (abstract new (...args: never[]) => Error)[]): error is Error =>
  classes.some(one => error instanceof one);
