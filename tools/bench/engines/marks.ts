/** What a fleet is to reach (docs/performance.md says where it stands). */
export interface Mark {
  readonly measure: string;
  readonly unit: string;
  /** None where a figure only explains others. */
  readonly mark?: number;
  /** Whether more is better. */
  readonly up?: boolean;
  /** Of a mark that is for every single time, and not for the usual one. */
  readonly always?: boolean;
}

const appends = (of: string): Mark[] => [
  { measure: `${of}: bare client`, unit: 'events/s' },
  { measure: `${of}: event store`, unit: 'events/s' },
  { measure: `${of}: event store`, unit: '% of bare', mark: 50, up: true },
  { measure: `${of}: load, decide, append`, unit: 'commands/s' },
  { measure: `${of}: load, decide, append`, unit: '% of bare', mark: 50, up: true },
];

const wakeUps = (of: string): Mark[] => [
  { measure: `wake-up, 500 events/s, ${of}: median`, unit: 'ms', mark: 20 },
  { measure: `wake-up, 500 events/s, ${of}: 99 %`, unit: 'ms', mark: 100 },
];

/** By the names that phases give to what they measured: `measure`, a bar, `unit`. */
export const marks: readonly Mark[] = [
  ...[512, 1024].flatMap(count => appends(`PostgreSQL, ${count} under way`)),
  ...[32, 256].flatMap(count => appends(`KurrentDB, ${count} under way`)),
  ...wakeUps('KurrentDB'),
  ...wakeUps('PostgreSQL'),
  ...(
    [
      [3, 5],
      [6, 10],
    ] as const
  ).flatMap(([session, mark]) => [
    { measure: `conductor killed, session of ${session} s: first node goes on`, unit: 's' },
    { measure: `conductor killed, session of ${session} s: last node goes on`, unit: 's', mark, always: true },
  ]),
  { measure: 'a conductor joins: partitions moved', unit: '1/N', mark: 1.5 },
  { measure: 'a conductor leaves: partitions moved', unit: '1/N', mark: 1.5 },
  { measure: 'deployments: one conductor', unit: 's' },
  { measure: 'deployments: four conductors', unit: 's' },
  { measure: 'deployments: four', unit: '% of one', mark: 33.3 },
];
