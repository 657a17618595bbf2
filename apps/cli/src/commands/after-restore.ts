import type { Command } from 'commander';
import type { Configuration } from '#configuration';
import { EMBEDDED, readConfiguration, withoutPassword } from '#configuration';
import { usage } from '../failure.js';
import type { Io } from '../io.js';
import { withJson } from '../server/server-options.js';
import type { ServeOptions } from './serve-options.js';
import { sourcesIn, withConfiguration } from './serve-options.js';

type Options = ServeOptions & { readonly yes?: boolean; readonly json?: boolean };

export const addAfterRestore = (program: Command, io: Io): void => {
  const command = program
    .command('after-restore')
    .description(
      'After a backup of the events was put back: makes every position of before void, so that none is read as another place. No process may run on the events meanwhile.',
    )
    .option('--yes', 'Do it. Without it the command says what it would do, and does nothing.');
  withJson(withConfiguration(command)).action(async ({ yes, json, ...options }: Options) => {
    const { configuration } = readConfiguration(sourcesIn(options, io));
    if (!yes) throw usage(warning(configuration));
    const { beginGeneration } = await import('#apps/server/after-restore');
    const { storeId, generation } = await beginGeneration(configuration);
    if (json) io.out(JSON.stringify({ storeId, generation }, null, 2));
    else
      io.out(
        `Positions of before are void: the event store ${storeId} is in generation ${generation}. Processes that still run know nothing of it: start all of them again.`,
      );
  });
};

const warning = ({ eventStore, data }: Configuration): string =>
  [
    `Nothing was done yet. This makes every position void that was given out by the events in ${eventStore === EMBEDDED.eventStore ? data : withoutPassword(eventStore)}, and cannot be undone:`,
    '- whoever follows the events is refused, and reads from the start;',
    '- webhooks begin again where each of them began: what was delivered is delivered again;',
    '- the public topic in Kafka is not gone on with: it needs another workLogPrefix.',
    'The events stay as they are. Stop every process, then run it again with --yes.',
  ].join('\n');
