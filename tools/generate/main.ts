import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { asyncApiDocument, openApiDocument, routesOf } from '#apps/api';
import { createProgram, processIo, referenceOf } from '#apps/cli';
import { createLogger, startServer } from '#apps/server';
import { configurationSchema, flagOf, readConfiguration, variableOf, VERSION } from '#configuration';
import { move, problemKinds, provisionStates, provisioning, isStable, verbsOf } from '#domain';
import { EventRegistry } from '#schemas';

// Everything in docs/ and schemas/ that follows from code. With --check nothing is written: what is not current is named.

const root = join(import.meta.dirname, '../../..');
const check = process.argv.includes('--check');
const note = (source: string) => `<!-- Made from ${source} by npm run generate. -->\n\n`;
const stale: string[] = [];

const put = (path: string, text: string): void => {
  const target = join(root, path);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return;
  if (check) stale.push(path);
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n') + '\n';

const lifeCycle = (): string => {
  const id = (state: string) => state.replaceAll(/[ -]/g, '_');
  const edges = provisionStates.flatMap(from =>
    verbsOf(from).map(verb => [from, verb, move(from, verb)!.provisionState] as const),
  );
  const named = provisionStates.map(state => `  ${id(state)}: ${state}`);
  const drawn = edges.map(([from, verb, to]) => `  ${id(from)} --> ${id(to)}: ${verb}`);
  return (
    note('libs/domain/src/node/provisioning.ts') +
    `# The life cycle of a node\n\n${provisionStates.length} states, ${edges.length} transitions: those of Ironic. A new node begins in \`${String(provisioning.config.initial)}\`. A state that is not stable is on its way to another one.\n\n` +
    '```mermaid\nstateDiagram-v2\n' +
    [...named, ...drawn].join('\n') +
    '\n```\n\n' +
    table(
      ['state', 'stable', 'verbs'],
      provisionStates.map(state => [
        `\`${state}\``,
        isStable(state) ? 'yes' : '',
        verbsOf(state)
          .map(verb => `${verb} → ${move(state, verb)!.provisionState}`)
          .join(', '),
      ]),
    )
  );
};

const statuses = {
  invalid: 400,
  forbidden: 403,
  missing: 404,
  version: 406,
  conflict: 409,
  mismatch: 422,
  unavailable: 503,
};
const problems = (): string =>
  note('libs/domain/src/problem.ts') +
  "# Problems\n\nEvery refusal and every recorded failure has a code that does not change. Below `/v1` the sentence comes in Ironic's envelope; below `/ferrolog/v1` the whole problem as RFC 9457 has it.\n\n" +
  table(
    ['code', 'status when it refuses a request'],
    Object.entries(problemKinds).map(([code, kind]) => [
      `\`${code}\``,
      code === 'hardware.failed' ? '500' : String(statuses[kind]),
    ]),
  );

const configuration = (): string =>
  note('schemas/config/ferrolog.json') +
  '# Configuration\n\nEvery option can be set as a flag of `ferrolog serve`, as a variable, and in a YAML file (`--config FILE` or `FERROLOG_CONFIG`), under its name there. A flag wins over a variable, a variable over the file. `ferrolog config` prints what is in force and where each value came from.\n\n' +
  table(
    ['name', 'flag', 'variable', 'default', ''],
    Object.entries(configurationSchema.properties).map(([name, { description, default: standard }]) => [
      `\`${name}\``,
      `\`--${flagOf(name)}\``,
      `\`${variableOf(name)}\``,
      standard === undefined ? '' : `\`${Array.isArray(standard) ? standard.join(',') : String(standard)}\``,
      description,
    ]),
  );

const events = (): string => {
  const registry = new EventRegistry();
  const byShape = Map.groupBy(registry.types, type => registry.schemaOf(type)!);
  const shapes = [...byShape].sort(([a], [b]) => String(a.$id).localeCompare(String(b.$id)));
  return (
    note('schemas/events') +
    `# Events\n\n${registry.types.length} types, each with a JSON Schema in \`schemas/events\`. Values of secrets are sealed; what is too big is a reference to a blob.\n\n` +
    table(
      ['types', 'what happened', 'data'],
      shapes.map(([schema, types]) => [
        types.map(type => `\`${type}\``).join(', '),
        String(schema.description),
        Object.keys((schema.properties as object | undefined) ?? {}).join(', '),
      ]),
    )
  );
};

const openApi = async (): Promise<string> => {
  const data = mkdtempSync(join(tmpdir(), 'ferrolog-generate-'));
  const { configuration: settings } = readConfiguration({
    environment: {},
    flags: { data, port: '0', logLevel: 'silent' },
  });
  const server = await startServer(settings, createLogger(settings));
  const text = JSON.stringify(openApiDocument(routesOf(server.app), VERSION), null, 2) + '\n';
  await server.stop();
  rmSync(data, { recursive: true });
  return text;
};

const asyncApi = (): string =>
  '# Made from schemas/events by npm run generate.\n' +
  stringify(asyncApiDocument(VERSION), { lineWidth: 0, aliasDuplicateObjects: false });

put('docs/reference/life-cycle.md', lifeCycle());
put('docs/reference/problems.md', problems());
put('docs/reference/configuration.md', configuration());
put('docs/reference/events.md', events());
put('docs/reference/cli.md', note('apps/cli/src') + referenceOf(createProgram(processIo())));
put('schemas/openapi.json', await openApi());
put('schemas/asyncapi.yaml', asyncApi());
if (stale.length > 0) {
  console.error(`Not current, run npm run generate: ${stale.join(', ')}`);
  process.exit(1);
}
