import type { Command } from 'commander';
import { usage } from '../failure.js';
import type { Io } from '../io.js';
import { changesBetween, renderChanges } from '../render/diff.js';
import type { Client } from '../server/client.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly at: readonly string[];
  readonly json?: boolean;
}

export const addDiff = (program: Command, io: Io): void => {
  const command = program
    .command('diff <node>')
    .description('What changed on a node between two instants, or from one until now.')
    .requiredOption(
      '--at <when>',
      'A revision (17) or a time (ISO 8601). Once: from there until now; twice: between the two.',
      (when: string, before: readonly string[] = []) => [...before, when],
    );
  withServer(withJson(command)).action(async (node: string, { at, json, ...server }: Options) => {
    if (at.length > 2) throw usage(`--at can be given twice, not ${at.length} times.`);
    const [from, to] = at as [string, string?];
    const client = connect(server, io);
    const [before, after] = await Promise.all([nodeAt(client, node, from), nodeAt(client, node, to)]);
    const changes = changesBetween(before, after);
    if (json) io.out(JSON.stringify({ node, from, to: to ?? null, changes: changes.map(asJson) }, null, 2));
    else if (changes.length === 0) io.out(`Nothing changed on node ${node} between ${from} and ${to ?? 'now'}.`);
    else io.out(renderChanges(changes, `at ${from}`, to === undefined ? 'now' : `at ${to}`, io.paint));
  });
};

const nodeAt = (client: Client, node: string, when: string | undefined): Promise<object> =>
  client.get(
    `/v1/nodes/${encodeURIComponent(node)}${when === undefined ? '' : `?${new URLSearchParams({ as_of: when })}`}`,
  );

/** What is not there is null in JSON. */
const asJson = ({ field, before = null, after = null }: { field: string; before: unknown; after: unknown }) => ({
  field,
  before,
  after,
});
