import type { Command } from 'commander';
import { resolve } from 'node:path';
import { withoutPassword } from '#configuration';
import type { Moved, MoveOptions } from '#apps/server/move';
import { usage } from '../failure.js';
import type { Io } from '../io.js';
import { duration } from '../render/duration.js';
import { withJson } from '../server/server-options.js';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly keysTo?: string;
  readonly masterKey?: string;
  readonly verifyOnly?: boolean;
  readonly json?: boolean;
}

export const addMigrate = (program: Command, io: Io): void => {
  const command = program
    .command('migrate')
    .description(
      'Moves the events, blobs and keys of a data folder to engines that are servers, and compares both sides. Ended at any moment, it goes on when it is run again. The folder stays as it is.',
    )
    .requiredOption('--from <source>', 'The data folder, sqlite:FOLDER. No server may run on it.')
    .requiredOption(
      '--to <address>',
      'Where the events go: KurrentDB/EventStoreDB (kurrentdb://, esdb://) or PostgreSQL (postgres://), empty.',
    )
    .option('--keys-to <address>', 'PostgreSQL that keeps the keys; where the events go to PostgreSQL, that one.')
    .option('--master-key <file>', 'File with the master key. master.key in the data folder where it is left out.')
    .option('--verify-only', 'Write nothing, compare the folder with what was moved before.');
  withJson(command).action(async ({ json, ...options }: Options) => {
    const begun = performance.now();
    const move = { ...moveOf(options), progress: printedTo(io) };
    const { moveToEngines } = await import('#apps/server/move');
    const moved = await moveToEngines(move);
    const seconds = Math.round(performance.now() - begun) / 1_000;
    if (json) io.out(JSON.stringify({ ...moved, seconds }, null, 2));
    else io.out(summary(moved, withoutPassword(move.to), seconds));
  });
};

const moveOf = ({ from, to, keysTo, masterKey, verifyOnly = false }: Options): Omit<MoveOptions, 'progress'> => {
  const [, folder] = /^sqlite:(.+)$/s.exec(from) ?? [];
  if (folder === undefined) throw usage(`--from has to be sqlite:FOLDER, it is ${withoutPassword(from)}`);
  if (!isKurrentDb(to) && !isPostgres(to))
    throw usage(`--to has to begin with kurrentdb://, esdb:// or postgres://, it is ${withoutPassword(to)}`);
  const keys = keysTo ?? (isPostgres(to) ? to : undefined);
  if (keys === undefined) throw usage('KurrentDB keeps no keys: give a PostgreSQL for them with --keys-to');
  if (!isPostgres(keys)) throw usage(`--keys-to has to begin with postgres://, it is ${withoutPassword(keys)}`);
  return { from: resolve(folder), to, keysTo: keys, verifyOnly, ...(masterKey !== undefined && { masterKey }) };
};

const isKurrentDb = (address: string): boolean => /^(kurrentdb|esdb)(\+discover)?:\/\//.test(address);
const isPostgres = (address: string): boolean => /^postgres(ql)?:\/\//.test(address);

/** Once in a while; the end of each part always. */
const EVERY_MS = 2_000;

const printedTo = ({ err }: Io): MoveOptions['progress'] => {
  let printed = performance.now();
  return (what, done, total) => {
    const now = performance.now();
    if (done < total && now - printed < EVERY_MS) return;
    printed = now;
    err(`${what}: ${done} of ${total}`);
  };
};

const summary = ({ events, copied, blobs, keys, since, digest, storeId }: Moved, to: string, seconds: number): string =>
  [
    `${copied === 0 ? 'Nothing was left to copy' : `${copied} events were copied`} to ${to}, in ${duration(seconds)}.`,
    `Both sides hold the same ${events} events, ${blobs} blobs and ${keys} keys. SHA-256 of the events: ${digest}`,
    ...(since > 0 ? [`The store has gone on since: it holds ${since} more events.`] : []),
    `The store is ${storeId}. Positions of before are refused: who follows events reads from the start.`,
  ].join('\n');
