// Records the golden streams (fixtures/streams): real events of today's code, for the code of later years to fold.
//
//   node tools/record-golden-streams.mjs              flows that have no stream yet
//   node tools/record-golden-streams.mjs <flow>       this flow anew; the stream of before stays, by the date of today
//   node tools/record-golden-streams.mjs --expected   nothing anew: only what the streams are expected to fold to
//
// Comes after `npm run build`. Streams are never edited: whoever changes what events mean adds an upcaster.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenFlows } from '../dist/libs/testing/src/golden/golden-flows.js';
import {
  foldAll,
  goldenFolder,
  goldenNames,
  readGolden,
  recordGolden,
} from '../dist/libs/testing/src/golden/golden-streams.js';

const pathOf = name => join(goldenFolder, `${name}.json`);

/** One event a line: so that a diff shows which. */
const textOf = ({ about, events, expected }) => {
  const lines = [
    `{ "about": ${JSON.stringify(about)},`,
    `"events": [`,
    events.map(event => JSON.stringify(event)).join(',\n'),
    `],`,
    `"expected": {`,
    Object.entries(expected)
      .map(([stream, state]) => `${JSON.stringify(stream)}: ${JSON.stringify(state)}`)
      .join(',\n'),
    `}`,
    `}`,
  ];
  return `${lines.join('\n')}\n`;
};

const write = (name, golden) => {
  writeFileSync(pathOf(name), textOf(golden));
  console.log(`${name}: ${golden.events.length} events`);
};

mkdirSync(goldenFolder, { recursive: true });
const [asked] = process.argv.slice(2);
if (asked === '--expected') {
  for (const name of goldenNames()) {
    const golden = readGolden(name);
    write(name, { ...golden, expected: foldAll(golden.events) });
  }
} else {
  const flows = goldenFlows.filter(({ name }) => (asked ? name === asked : !existsSync(pathOf(name))));
  if (asked && flows.length === 0) throw new Error(`there is no flow ${asked}`);
  for (const flow of flows) {
    const today = new Date().toISOString().slice(0, 10);
    if (existsSync(pathOf(flow.name))) renameSync(pathOf(flow.name), pathOf(`${flow.name}.${today}`));
    write(flow.name, await recordGolden(flow));
  }
}
