import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, figure, shown } from '../statistics.js';
import { realKurrentDb } from './engines-under-test.js';
import type { Mark } from './marks.js';
import { marks } from './marks.js';
import { phases, type Values } from './phases.js';

// npm run bench -- --engines [--only wake-ups-kurrentdb,moves] [--quick]

const { values: options } = parseArgs({
  options: {
    engines: { type: 'boolean' },
    only: { type: 'string', default: Object.keys(phases).join(',') },
    quick: { type: 'boolean', default: false },
  },
});
const names = options.only.split(',');
const unknown = names.filter(name => !Object.hasOwn(phases, name));
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}: --only takes ${Object.keys(phases).join(', ')}.`);

let measured: Values = {};
for (const name of names) {
  process.stderr.write(`${name}\n`);
  measured = { ...measured, ...(await phases[name]!(options.quick)) };
}

const verdict = ({ median, least, most }: Figure, { mark, up = false, always = false }: Mark): string => {
  if (mark === undefined) return '';
  const value = always ? (up ? least : most) : median;
  return (up ? value >= mark : value <= mark) ? 'reached' : 'missed';
};
const line = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);

const kurrentDb = realKurrentDb
  ? 'KurrentDB is the one that KURRENTDB_URL names.'
  : 'In place of KurrentDB there is a stand-in that speaks its protocol, and is no real server: what is slow or fast in it says nothing of KurrentDB. KURRENTDB_URL names a real one.';
console.log(
  `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB; engines, Ferrolog and clients on the same machine; PostgreSQL with fsync; one Kafka broker. Median (least–most). ${kurrentDb}${options.quick ? ' A quick run: for a look, not for the record.' : ''}\n`,
);
line(['', 'unit', 'ours', '', 'mark']);
line(['---', '---', '---:', '---', '---:']);
for (const each of marks) {
  const values = measured[`${each.measure}|${each.unit}`];
  if (!values) continue;
  const told = figure(values);
  line([
    each.measure,
    each.unit,
    shown(told),
    verdict(told, each),
    each.mark === undefined ? '' : shown(figure([each.mark])),
  ]);
}
