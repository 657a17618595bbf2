import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engines, EngineState } from './engines.js';
import { enginesOf, masterKeyOf, startEngines, stopEngines } from './engines.js';

/*
 *   npm run engines [-- --data FOLDER] [--brokers 1|3]   starts what does not run
 *   npm run engines -- status [--data FOLDER]            exits with 1 where something does not run
 *   npm run engines -- stop [--data FOLDER]
 */

const ROOT = join(import.meta.dirname, '../../..');
const USAGE = 'usage: npm run engines -- [start|stop|status] [--data FOLDER] [--brokers 1|3]';
const NAMES = { kafka: 'Kafka', postgres: 'PostgreSQL', eventStore: 'event store' };

const main = async (): Promise<void> => {
  const { what, folder, brokers } = parsed();
  if (what === 'start') await start(folder, brokers);
  else if (what === 'stop') await stop(folder);
  else status(folder);
};

const parsed = () => {
  const options = { data: { type: 'string' }, brokers: { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const [what = 'start', ...others] = positionals;
  if (!['start', 'stop', 'status'].includes(what) || others.length > 0) throw new Error(USAGE);
  if (values.brokers !== undefined && !(what === 'start' && ['1', '3'].includes(values.brokers)))
    throw new Error(USAGE);
  const brokers = values.brokers === undefined ? undefined : (Number(values.brokers) as 1 | 3);
  return { what, brokers, folder: resolve(values.data ?? join(ROOT, '.scratch/engines/data')) };
};

const start = async (folder: string, brokers?: 1 | 3): Promise<void> => {
  console.log('Starting Kafka, PostgreSQL and the stand-in; the first time, Kafka is installed before …');
  const engines = await startEngines({ folder, brokers });
  tell(engines, ({ isNew, address }) => `${(isNew ? 'started' : 'runs already').padEnd(14)} ${address}`);
  console.log(`
The event store is a stand-in for tests, not KurrentDB: keep nothing here that has to last.
Data, logs and process ids are in ${folder}. "npm run engines -- stop" ends them.

${serveLine(folder, engines)}`);
};

const stop = async (folder: string): Promise<void> => {
  const engines = await stopEngines(folder);
  if (!engines) console.log(`No engines were ever started in ${folder}.`);
  else tell(engines, ({ pids }) => (pids.length > 0 ? 'stopped' : 'did not run'));
};

const status = (folder: string): void => {
  const engines = enginesOf(folder);
  const isWhole = ({ pids, wanted }: EngineState) => pids.length === wanted;
  if (engines) tell(engines, state => (isWhole(state) ? `runs at ${state.address}` : partly(state)));
  else console.log(`No engines were ever started in ${folder}.`);
  if (!engines || ![engines.kafka, engines.postgres, engines.eventStore].every(isWhole)) process.exitCode = 1;
};

const partly = ({ pids, wanted }: EngineState): string =>
  pids.length === 0 ? 'does not run' : `only ${pids.length} of ${wanted} processes run`;

const tell = <State extends EngineState>(engines: Engines<State>, said: (state: State) => string): void => {
  for (const name of ['kafka', 'postgres', 'eventStore'] as const)
    console.log(`${NAMES[name].padEnd(12)} ${said(engines[name])}`);
};

/** For a shell. The replication is that of the cluster: with three brokers, each record is on all of them. */
const serveLine = (folder: string, { kafka, postgres, eventStore }: Engines): string => {
  const settings = {
    FERROLOG_EVENT_STORE: eventStore.address,
    FERROLOG_DATABASE: postgres.address,
    FERROLOG_WORK_LOG: `kafka://${kafka.address}`,
    ...(kafka.wanted > 1 && { FERROLOG_WORK_LOG_REPLICATION: String(kafka.wanted) }),
    // These brokers allow less than the 6 s that all brokers do.
    FERROLOG_WORK_LOG_SESSION_SECONDS: '3',
    FERROLOG_MASTER_KEY: masterKeyOf(folder),
  };
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  const command = `${quoted(join(ROOT, 'apps/cli/bin/ferrolog'))} serve --data ${quoted(join(folder, 'ferrolog'))}`;
  return [...assignments, command].join(' \\\n  ');
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
