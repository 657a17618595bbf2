import type { Command } from 'commander';
import { resolve } from 'node:path';
import { readConfiguration } from '#configuration';
import type { Io } from '../io.js';
import { showDemo } from '../quickstart/demo.js';
import { isFree } from '../quickstart/free-port.js';
import { freshFolder, freshFolderBeside } from '../quickstart/fresh-folder.js';
import { whatNext } from '../quickstart/what-next.js';
import { createClient } from '../server/client.js';
import { startServer, stopServer } from '../server/own-server.js';
import { toldToStop } from '../server/told-to-stop.js';

interface Options {
  readonly port?: string;
  readonly data?: string;
  readonly exit?: boolean;
}

const USUAL_PORT = 6385;
const USUAL_FOLDER = 'data/quickstart';

export const addQuickstart = (program: Command, io: Io): void => {
  program
    .command('quickstart')
    .description('Runs a server with ten simulated machines, shows the whole life of one, and keeps serving.')
    .option('--port <number>', `Port to listen on. Default: ${USUAL_PORT}, or a free one where that is taken.`)
    .option('--data <folder>', `Folder for the data of the demo, emptied first. Default: ./${USUAL_FOLDER}.`)
    .option('--exit', 'End after the demo.')
    .action(async ({ port, data, exit }: Options) => {
      // Whatever the environment says is for real servers: the demo is the same everywhere.
      const flags = { port: port ?? (await usualPort(io)), hardwareTypes: ['fake-hardware'], logLevel: 'error' };
      readConfiguration({ flags, environment: {} });
      const folder = await folderFor(data);
      const { configuration } = readConfiguration({ flags: { ...flags, data: folder }, environment: {} });
      io.out(`Starting Ferrolog, everything in one process, on the fresh data folder ${folder} ...`);
      const toEnd = toldToStop(io.signal);
      const server = await startServer(configuration);
      try {
        io.out(`Ferrolog answers at ${server.url}`);
        const memorable = await Promise.race([showDemo(createClient({ server: server.url }, io.fetch), io), toEnd]);
        if (exit || !memorable) return;
        io.out(whatNext(server.url, folder, memorable.inRescue, io.paint));
        await toEnd;
      } finally {
        await stopServer(server);
      }
    });
};

const usualPort = async (io: Io): Promise<number> => {
  if (await isFree(USUAL_PORT)) return USUAL_PORT;
  io.out(`Port ${USUAL_PORT} is taken: a free one is used instead.`);
  return 0;
};

const folderFor = async (data: string | undefined): Promise<string> => {
  const { DataDirectoryUnusable, takeDataDirectory } = await import('#apps/server');
  return data === undefined
    ? freshFolderBeside(resolve(USUAL_FOLDER), takeDataDirectory, DataDirectoryUnusable)
    : freshFolder(resolve(data), takeDataDirectory);
};
