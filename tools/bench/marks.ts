/**
 * What the benchmark aims at: the real Ironic 39.0.0 on a 2-core machine (MariaDB, uWSGI), divided. CPU per item is
 * steadier than rates; rates assume a client that is not the limit. Where a peer is measured in the same run, what it
 * costs there is divided: that is a comparison on any machine, however fast or busy.
 */
export interface Mark {
  readonly measure: string;
  readonly unit: string;
  /** Of the peer, as recorded. */
  readonly peer: number;
  readonly mark: number;
  /** The mark as a multiple of the peer's figure, where it is one. */
  readonly share?: number;
  /** Whether more is better. */
  readonly up: boolean;
}

const cpu = (measure: string, peerMs: number, parts: number): Mark => ({
  measure: `${measure}: server CPU`,
  unit: 'ms each',
  peer: peerMs,
  mark: peerMs / parts,
  share: 1 / parts,
  up: false,
});
const rate = (measure: string, peerRate: number, times: number): Mark => ({
  measure: `${measure}: rate`,
  unit: 'per s',
  peer: peerRate,
  mark: peerRate * times,
  share: times,
  up: true,
});

export const marks: readonly Mark[] = [
  cpu('enrol', 18.9, 50),
  rate('enrol', 100, 50),
  cpu('GET one node', 5.86, 50),
  rate('GET one node', 311, 50),
  cpu('heartbeat', 23.6, 50),
  rate('heartbeat', 58.8, 50),
  { measure: '1,000 agents at once: refused', unit: '%', peer: 100, mark: 0, up: false },
  cpu('whole life', 287, 40),
  rate('whole life', 4.93, 40),
  { measure: 'list of 1,000', unit: 'ms', peer: 166, mark: 4, share: 4 / 166, up: false },
  { measure: 'detailed list of 1,000', unit: 'ms', peer: 367, mark: 9, share: 9 / 367, up: false },
  { measure: 'resident memory with 10,000 nodes', unit: 'MiB', peer: 918, mark: 200, up: false },
  { measure: 'start to first answer with 10,000 nodes', unit: 'ms', peer: 3330, mark: 1000, up: false },
  ...['nodes just enrolled', 'nodes deployed 20 times'].map(of => ({
    measure: `rebuild of the read model: ${of}`,
    unit: 'events/s',
    peer: Number.NaN,
    mark: 100_000,
    up: true,
  })),
];
