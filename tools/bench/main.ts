import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { marks } from './marks.js';
import type { Figures, Target } from './phases.js';
import {
  burst,
  enrol,
  fill,
  getOne,
  heartbeat,
  histories,
  lists,
  loadClient,
  memory,
  rebuild,
  wholeLife,
} from './phases.js';
import { ServerUnderTest } from './server-under-test.js';
import type { Figure } from './statistics.js';
import { figure, shown } from './statistics.js';

// npm run bench [-- --runs 3 --versions 1.82,1.115 --peer http://127.0.0.1:16385 --peer-pids PID,PID --quick]

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    versions: { type: 'string', default: '1.82' },
    peer: { type: 'string' },
    'peer-pids': { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const versions = options.versions.split(',');
const size = options.quick ? 0.2 : 1;
const say = (text: string) => process.stderr.write(`${text}\n`);

type Collected = Map<string, number[]>;
const collect = (all: Collected, figures: Figures): void => {
  for (const [name, value] of Object.entries(figures)) all.set(name, [...(all.get(name) ?? []), value]);
};

/** The phases that any server of this API can be put through. */
const put = async (
  target: Target,
  all: Collected,
  { items, nodes }: { items: number; nodes: number },
): Promise<void> => {
  for (let run = 0; run <= runs; run++) {
    // The first run warms up: a server that has just started is not what anybody uses.
    const into: Collected = run === 0 ? new Map() : all;
    say(run === 0 ? '  warming up' : `  run ${run} of ${runs}`);
    collect(into, await enrol(target, items));
    collect(into, await getOne(target, items * 5));
    collect(into, await heartbeat(target, items * 2));
    collect(into, await wholeLife(target, nodes));
  }
  collect(all, await burst(target));
};

/** Of the peer, without the heartbeats: many at a time, they make Ironic refuse them all until it is restarted. */
const putPeer = async (target: Target, all: Collected): Promise<void> => {
  for (let run = 0; run <= runs; run++) {
    const into: Collected = run === 0 ? new Map() : all;
    collect(into, await enrol(target, 200));
    collect(into, await getOne(target, 1_000));
    collect(into, await wholeLife(target, 50));
  }
};

const withServer = async (work: (server: ServerUnderTest, target: () => Target) => Promise<void>, version: string) => {
  const server = new ServerUnderTest();
  try {
    await server.start();
    await work(server, () => ({ url: server.url, pids: [server.pid], version }));
  } finally {
    await server.stop();
    server.remove();
  }
};

/** Ours at one version: a server for what writes, and one that holds exactly 10,000 nodes. */
const measureOurs = async (version: string): Promise<Collected> => {
  const all: Collected = new Map();
  await withServer(async (_server, target) => {
    await put(target(), all, { items: Math.round(3_000 * size), nodes: Math.round(300 * size) });
    for (let run = 0; run < runs; run++) collect(all, await rebuild(target(), 'nodes just enrolled'));
  }, version);
  await withServer(async (server, target) => {
    say('  10,000 nodes');
    await fill(target(), 10_000);
    await lists(target(), 15);
    for (let run = 0; run < runs; run++) collect(all, await lists(target(), 15));
    for (let run = 0; run < runs; run++) {
      await server.stop();
      collect(all, { 'start to first answer with 10,000 nodes': await server.start() });
      await getOne(target(), 2_000);
      await lists(target(), 5);
      collect(all, memory(target()));
    }
  }, version);
  await withServer(async (_server, target) => {
    say('  nodes with a history');
    await histories(target(), Math.round(200 * size), 20);
    for (let run = 0; run < runs; run++) collect(all, await rebuild(target(), 'nodes deployed 20 times'));
  }, version);
  return all;
};

const ours = new Map<string, Collected>();
for (const version of versions) {
  say(`ours at ${version}`);
  ours.set(version, await measureOurs(version));
}
const peer: Collected = new Map();

if (options.peer) {
  say(`peer ${options.peer}`);
  const target: Target = {
    url: options.peer,
    pids: (options['peer-pids'] ?? '').split(',').filter(Boolean).map(Number),
    version: versions[0]!,
    connections: 8,
  };
  await putPeer(target, peer);
  await fill(target, 1_000);
  for (let run = 0; run < runs; run++) collect(peer, await lists(target, 5));
}

const cell = (all: Collected, name: string): string => (all.has(name) ? shown(figure(all.get(name)!)) : '');
const verdict = ({ median }: Figure, mark: number, up: boolean): string =>
  (up ? median >= mark : median <= mark) ? 'reached' : 'missed';

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${runs} runs after one to warm up: median (least–most). Rates by ${loadClient} on the same machine. Commits on the disk (synchronous=FULL).`,
);
const columns = [
  ...versions.flatMap(version => [`ours at ${version}`, '']),
  'mark',
  ...(options.peer ? [`peer at ${versions[0]}, same run`] : []),
  'peer, recorded',
];
const line = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);
console.log('');
line(['', 'unit', ...columns]);
line(['---', '---', ...columns.map(column => (column === '' ? '---' : '---:'))]);
for (const { measure, unit, mark: fixed, share, peer: recorded, up } of marks) {
  const same = share === undefined || !peer.has(measure) ? Number.NaN : figure(peer.get(measure)!).median * share;
  const mark = Number.isNaN(same) ? fixed : same;
  const at = (version: string): string[] => {
    const values = ours.get(version)!.get(measure);
    return values ? [shown(figure(values)), verdict(figure(values), mark, up)] : ['', ''];
  };
  line([
    measure,
    unit,
    ...versions.flatMap(at),
    shown(figure([mark])),
    ...(options.peer ? [cell(peer, measure)] : []),
    shown(figure([recorded])),
  ]);
}
