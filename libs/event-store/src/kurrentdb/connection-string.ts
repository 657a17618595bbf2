import { Misconfigured } from '#domain';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';

export type Client = ReturnType<typeof KurrentDBClient.connectionString>;

/** The sentence says what is wrong with the connection string; never the string itself, which may hold a password. */
export class ConnectionStringRefused extends Misconfigured {
  constructor(reason: string) {
    super(`The event store cannot be reached by its address: ${reason}.`);
  }
}

export interface Target {
  makeClient(): Client;
  /** The text without the user's name and password. */
  redact(text: string): string;
}

/**
 * `kurrentdb://` and the older `esdb://`, each with `+discover`; TLS, certificates and credentials as the client
 * documents them.
 *
 * @throws ConnectionStringRefused
 */
export const targetOf = (given: string): Target => {
  const text = given.trim().replace(/^esdb/, 'kurrentdb');
  const credentials = /^[^:]+:\/\/([^/@]*)@/.exec(text)?.[1] ?? '';
  const redact = (message: string) =>
    [given.trim(), text, credentials, ...credentials.split(':').slice(1).flatMap(written)]
      .filter(secret => secret !== '')
      .reduce((redacted, secret) => redacted.replaceAll(secret, '[credentials]'), message);
  requireOurOptions(text);
  const makeClient = () => KurrentDBClient.connectionString(text);
  try {
    void makeClient().dispose();
  } catch (error) {
    throw new ConnectionStringRefused(redact(`the connection string is refused: ${(error as Error).message}`));
  }
  return { makeClient, redact };
};

/** As it stands in the string, and as it was meant. */
const written = (password: string): string[] => {
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
};

const requireOurOptions = (text: string): void => {
  const options = new Map(
    [...new URLSearchParams(text.split('?')[1] ?? '')].map(([name, value]) => [
      name.toLowerCase(),
      value.toLowerCase(),
    ]),
  );
  // Without it a stale append resolves, with a revision that is made up.
  if (options.get('throwonappendfailure') === 'false')
    throw new ConnectionStringRefused('throwOnAppendFailure=false would hide conflicts: leave it out');
  // A follower's answer may be from before the append that was just acknowledged.
  if ((options.get('nodepreference') ?? 'leader') !== 'leader')
    throw new ConnectionStringRefused('nodePreference has to be leader: reads give what was appended before');
};
