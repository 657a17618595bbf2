import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { DEFAULT_SERVER, readClientSettings } from '#configuration';
import { usage } from '../failure.js';
import type { Io } from '../io.js';
import type { Client } from './client.js';
import { createClient } from './client.js';

export interface ServerOptions {
  readonly server?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** What every command that talks to a server takes. */
export const withServer = (command: Command): Command =>
  command
    .option('--server <url>', `The server to ask. Default: FERROLOG_SERVER, else ${DEFAULT_SERVER}.`)
    .option('--user <name>', 'Name for a server with http_basic. Default: FERROLOG_USER.')
    .option(
      '--password-file <file>',
      'File whose first line is the password. Default: the value of FERROLOG_PASSWORD.',
    );

export const withJson = (command: Command, description = 'Print JSON, for programs.'): Command =>
  command.option('--json', description);

/** @throws ConfigurationError, Failure when the password cannot be read */
export const connect = ({ server, user, passwordFile }: ServerOptions, io: Io): Client => {
  const password = passwordFile === undefined ? undefined : firstLineOf(passwordFile);
  return createClient(readClientSettings({ server, user, password }, io.environment), io.fetch);
};

const firstLineOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]!;
  } catch (error) {
    throw usage(`The password file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
};
