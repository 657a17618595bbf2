import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { marks } from './marks.js';
import type { Figures, Target } from './phases.js';
import { burst, enrol, fill, getOne, heartbeat, lists, memory, rebuild, wholeLife } from './phases.js';
import { ServerUnderTest } from './server-under-test.js';
import type { Figure } from './statistics.js';
import { figure, shown } from './statistics.js';

// npm run bench [-- --runs 3 --version 1.82 --peer http://127.0.0.1:16385 --peer-pid PID --quick]

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    version: { type: 'string', default: '1.82' },
    peer: { type: 'string' },
    'peer-pid': { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
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

const ours: Collected = new Map();
const peer: Collected = new Map();

say('ours');
const server = new ServerUnderTest();
try {
  await server.start();
  const target = (): Target => ({ url: server.url, pid: server.pid, version: options.version });
  await put(target(), ours, { items: Math.round(3_000 * size), nodes: Math.round(300 * size) });
  say('  10,000 nodes');
  await fill(target(), 10_000);
  for (let run = 0; run < runs; run++) collect(ours, await lists(target(), 15));
  for (let run = 0; run < runs; run++) collect(ours, await rebuild(target()));
  for (let run = 0; run < runs; run++) {
    await server.stop();
    collect(ours, { 'start to first answer with 10,000 nodes': await server.start() });
    await getOne(target(), 2_000);
    await lists(target(), 5);
    collect(ours, memory(target()));
  }
} finally {
  await server.stop();
  server.remove();
}

if (options.peer) {
  say(`peer ${options.peer}`);
  const target: Target = {
    url: options.peer,
    pid: options['peer-pid'] ? Number(options['peer-pid']) : undefined,
    version: options.version,
  };
  await put(target, peer, { items: 200, nodes: 50 });
  await fill(target, 1_000);
  for (let run = 0; run < runs; run++) collect(peer, await lists(target, 5));
}

const cell = (all: Collected, name: string): string => (all.has(name) ? shown(figure(all.get(name)!)) : '');
const verdict = ({ median }: Figure, mark: number, up: boolean): string =>
  (up ? median >= mark : median <= mark) ? 'reached' : 'missed';

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, API 1.${options.version.split('.')[1]}, ${runs} runs after one to warm up, commits on the disk (synchronous=FULL).`,
);
console.log(
  `\n| | unit | ours: median (least–most) | mark | | ${options.peer ? 'peer, same run | ' : ''}peer, recorded |`,
);
console.log(`|---|---|---:|---:|---|${options.peer ? '---:|' : ''}---:|`);
for (const { measure, unit, mark, peer: recorded, up } of marks) {
  const values = ours.get(measure);
  const isReached = values ? verdict(figure(values), mark, up) : '';
  const markText = shown(figure([mark]));
  console.log(
    `| ${measure} | ${unit} | ${cell(ours, measure)} | ${markText} | ${isReached} | ${options.peer ? `${cell(peer, measure)} | ` : ''}${Number.isNaN(recorded) ? '–' : shown(figure([recorded]))} |`,
  );
}
