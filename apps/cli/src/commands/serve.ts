import type { Command } from 'commander';
import { readConfiguration } from '#configuration';
import type { Io } from '../io.js';
import { startServer, stopServer } from '../server/own-server.js';
import { toldToStop } from '../server/told-to-stop.js';
import type { ServeOptions } from './serve-options.js';
import { sourcesIn, withConfiguration } from './serve-options.js';

export const addServe = (program: Command, io: Io): void => {
  const command = program
    .command('serve')
    .description('Runs the server, everything in one process, until it is told to stop (SIGTERM, Ctrl-C).');
  withConfiguration(command).action(async (options: ServeOptions) => {
    const { configuration } = readConfiguration(sourcesIn(options, io));
    const stopping = new AbortController();
    const toEnd = toldToStop(io.signal).then(() => stopping.abort());
    const server = await startServer(configuration, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
    // Told to stop before there was anything to stop.
    if (!server) return;
    io.out(`Ferrolog answers at ${server.url}`);
    await toEnd;
    await stopServer(server);
  });
};
