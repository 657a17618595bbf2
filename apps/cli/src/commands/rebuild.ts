import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Io } from '../io.js';
import { duration } from '../render/duration.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly data?: string;
  readonly json?: boolean;
}

interface Rebuilt {
  readonly events: number;
  readonly position: unknown;
  readonly seconds: number;
}

export const addRebuild = (program: Command, io: Io): void => {
  const command = program
    .command('rebuild')
    .description('Builds the read model anew from the events. The server answers from the old one meanwhile.')
    .option('--data <folder>', 'Data folder to do it in while no server runs on it.');
  withServer(withJson(command)).action(async ({ data, json, ...server }: Options) => {
    const rebuilt = data === undefined ? await online(server, io) : await offline(resolve(data));
    if (json) io.out(JSON.stringify(rebuilt, null, 2));
    else io.out(`The read model was built anew from ${rebuilt.events} events in ${duration(rebuilt.seconds)}.`);
  });
};

const online = (server: ServerOptions, io: Io): Promise<Rebuilt> =>
  connect(server, io).send<Rebuilt>('POST', '/ferrolog/v1/rebuild');

const offline = async (folder: string): Promise<Rebuilt> => {
  const { rebuildReadModel } = await import('#apps/server');
  return rebuildReadModel(folder);
};
