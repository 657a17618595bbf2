import type { Command } from 'commander';
import { exitCodes } from '../failure.js';
import type { Io } from '../io.js';
import { duration } from '../render/duration.js';
import { eventLine } from '../render/event-line.js';
import type { Client } from '../server/client.js';
import { followEvents } from '../server/follow-events.js';
import { NodeNames } from '../server/node-names.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly from: string;
  readonly node?: readonly string[];
  readonly type?: readonly string[];
  readonly json?: boolean;
}

export const addFollow = (program: Command, io: Io): void => {
  const command = program
    .command('follow')
    .description('Prints events as they come, until it is ended (Ctrl-C). After a break it goes on without a gap.')
    .option('--from <place>', 'start, now, or the position of an event.', 'now')
    .option('--node <id...>', 'Only events of these nodes, by name or uuid.')
    .option('--type <prefix...>', 'Only events whose types begin so, such as Deployment.');
  withServer(withJson(command, 'Print each event as a line of JSON.')).action(
    async ({ from, node, type, json, ...server }: Options) => {
      const client = connect(server, io);
      const names = new NodeNames(client);
      const nodes = node && (await Promise.all(node.map(ident => uuidOf(client, ident))));
      const events = followEvents(client, {
        from,
        nodes,
        types: type,
        signal: io.signal,
        onBreak: ({ exitCode, message }, pauseMs) =>
          io.err(
            `ferrolog: ${exitCode === exitCodes.unreachable ? 'the connection is lost' : message}; trying again in ${duration(pauseMs / 1000)}`,
          ),
      });
      for await (const event of events)
        io.out(json ? JSON.stringify(event) : eventLine(event, await names.labelOf(event), io.paint));
    },
  );
};

const uuidOf = async (client: Client, ident: string): Promise<string> =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(ident)
    ? ident
    : (await client.get<{ uuid: string }>(`/v1/nodes/${encodeURIComponent(ident)}?fields=uuid`)).uuid;
