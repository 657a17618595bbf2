import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedEvent } from '#domain';
import {
  chassisAggregate,
  conductorAggregate,
  foldNode,
  foldReservation,
  nodeAggregate,
  upcast,
  webhookAggregate,
} from '#domain';
import { plain } from '../an-event.js';
import { House } from '../house.js';
import type { GoldenFlow } from './golden-flows.js';
import { GoldenScene } from './golden-scene.js';

/** Real old streams, and what they fold to. */
export interface GoldenStreams {
  readonly about: string;
  readonly events: readonly RecordedEvent[];
  /** Fold of each stream, as JSON, when it was written. */
  readonly expected: Readonly<Record<string, unknown>>;
}

/** The folder at the root of the repository, seen from dist/libs/testing/src/golden. */
export const goldenFolder = join(import.meta.dirname, '../../../../../fixtures/streams');

export const goldenNames = (): string[] =>
  readdirSync(goldenFolder)
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length))
    .sort();

/** As a store would give them back. */
export const readGolden = (name: string): GoldenStreams => {
  const golden = JSON.parse(readFileSync(join(goldenFolder, `${name}.json`), 'utf8')) as GoldenStreams;
  return { ...golden, events: golden.events.map(event => upcast(event)) };
};

/** Runs the flow on fake hardware, with ids and times that are the same every time but for what is sealed. */
export const recordGolden = async ({ about, run }: GoldenFlow): Promise<GoldenStreams> => {
  const house = new House();
  try {
    await run(new GoldenScene(house));
    const events = house.events.pageOf(0, Number.MAX_SAFE_INTEGER).events.map(plain);
    return { about, events, expected: foldAll(events) };
  } finally {
    await house.close();
  }
};

/** What every stream among the events comes to with the code of today, as JSON. */
export const foldAll = (events: readonly RecordedEvent[]): Record<string, unknown> => {
  const streams = [...Map.groupBy(events, ({ stream }) => stream)];
  return JSON.parse(
    JSON.stringify(Object.fromEntries(streams.map(([stream, own]) => [stream, fold(stream, own)]))),
  ) as never;
};

const fold = (stream: string, events: readonly RecordedEvent[]): unknown => {
  const [, kind, id] = /^([a-z]+)-(.*)$/.exec(stream) as unknown as [string, string, string];
  switch (kind) {
    case 'node':
      return foldNode(id, events, nodeAggregate.initial(id));
    case 'chassis':
      return events.reduce((state, event) => chassisAggregate.evolve(state, event), chassisAggregate.initial(id));
    case 'conductor':
      return events.reduce((state, event) => conductorAggregate.evolve(state, event), conductorAggregate.initial(id));
    case 'webhook':
      return events.reduce((state, event) => webhookAggregate.evolve(state, event), webhookAggregate.initial(id));
    case 'reservation':
      return foldReservation(events) ?? null;
    default:
      return events.length;
  }
};
