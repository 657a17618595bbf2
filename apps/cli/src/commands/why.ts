import type { Command } from 'commander';
import type { Explanation } from '#apps/api';
import type { Io } from '../io.js';
import { renderWhy } from '../render/why.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

export const addWhy = (program: Command, io: Io): void => {
  const command = program
    .command('why <node>')
    .description('Why a node failed last: the problem, what to do, and the chain of causes up to who asked for it.');
  withServer(withJson(command)).action(
    async (node: string, { json, ...server }: ServerOptions & { json?: boolean }) => {
      const explanation = await connect(server, io).get<Explanation>(
        `/ferrolog/v1/nodes/${encodeURIComponent(node)}/why`,
      );
      io.out(json ? JSON.stringify(explanation, null, 2) : renderWhy(explanation, io.paint));
    },
  );
};
