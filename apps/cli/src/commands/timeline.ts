import type { Command } from 'commander';
import type { Timeline } from '#apps/api';
import type { Io } from '../io.js';
import { renderEntries, renderRuns } from '../render/timeline.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly asOf?: string;
  readonly events?: boolean;
  readonly json?: boolean;
}

export const addTimeline = (program: Command, io: Io): void => {
  const command = program
    .command('timeline <node>')
    .description('What was done with a node: runs with their steps, states and durations.')
    .option('--as-of <when>', 'Only up to a revision (17) or a time (ISO 8601).')
    .option('--events', 'Every event in a line, instead of the runs.');
  withServer(withJson(command)).action(async (node: string, { asOf, events, json, ...server }: Options) => {
    const query = asOf === undefined ? '' : `?${new URLSearchParams({ as_of: asOf })}`;
    const path = `/ferrolog/v1/nodes/${encodeURIComponent(node)}/timeline${query}`;
    const timeline = await connect(server, io).get<Timeline>(path);
    if (json) io.out(JSON.stringify(timeline, null, 2));
    else io.out((events ? renderEntries : renderRuns)(timeline, io.paint));
  });
};
