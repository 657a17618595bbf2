import type { Status } from '#apps/api';
import { duration } from '../render/duration.js';
import type { Client } from '../server/client.js';
import type { Finding } from './finding.js';
import { fail, ok, warn } from './finding.js';

/** What was seen of a server, with the times between which it was. */
export interface Seen {
  readonly status: Status;
  /** By the clock of this machine. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** @throws Failure when the server cannot be reached or does not tell */
export const checkServer = async (client: Client): Promise<Finding[]> => {
  const askedMs = Date.now();
  const status = await client.get<Status>('/ferrolog/v1/status');
  return judge(client.server, { status, askedMs, answeredMs: Date.now() });
};

/** Judges what was seen. Pure. */
export const judge = (server: string, seen: Seen): Finding[] => [
  answered(server, seen),
  ...readiness(seen),
  conductors(seen),
  drivers(seen),
  readModel(seen),
  openWork(seen),
  failedNodes(seen),
  clock(seen),
];

const answered = (server: string, { status, askedMs, answeredMs }: Seen): Finding =>
  ok('server', `${server} answered in ${answeredMs - askedMs} ms; its store holds ${status.store.events} events`);

const readiness = ({ status: { impediments } }: Seen): Finding[] =>
  impediments.length === 0
    ? [ok('ready', 'requests are answered as they should be')]
    : impediments.map(reason =>
        fail('ready', reason, 'the log of the server says why; it gets over it by itself or not'),
      );

const conductors = ({ status }: Seen): Finding => {
  const alive = status.conductors.filter(conductor => conductor.alive).map(({ host }) => host);
  const silent = status.conductors.filter(conductor => !conductor.alive);
  if (alive.length === 0)
    return fail('conductors', 'no conductor is alive: nothing can be done with any node', 'start one: ferrolog serve');
  if (silent.length === 0) return ok('conductors', `alive: ${alive.join(', ')}`);
  const names = silent.map(({ host, seen }) => `${host} (last seen ${seen})`).join(', ');
  return warn('conductors', `silent: ${names}`, 'look whether its process and its network are up');
};

const drivers = ({ status }: Seen): Finding =>
  status.drivers.length === 0
    ? fail('drivers', 'no conductor offers any driver', 'name some with hardwareTypes')
    : ok('drivers', status.drivers.map(({ name }) => name).join(', '));

const readModel = ({ status: { read_model: model } }: Seen): Finding =>
  model.behind === 0
    ? ok('read model', 'up to date')
    : warn('read model', `${model.behind} events behind the store`, 'look again; if it stays behind: ferrolog rebuild');

/** What is open is looked through every minute: later than this nobody is at it. */
const SWEEP_GRACE_MS = 90_000;

const openWork = ({ status }: Seen): Finding => {
  const now = Date.parse(status.time);
  const late = status.open_work.filter(
    ({ deadline }) => deadline !== null && now - Date.parse(deadline) > SWEEP_GRACE_MS,
  );
  const [first] = late;
  if (!first) return ok('open work', `on ${status.open_work.length} nodes, nothing past its deadline`);
  const overdue = duration((now - Date.parse(first.deadline!)) / 1000);
  const detail = `past its deadline on ${late.length} nodes; on ${first.node_uuid} for ${overdue} (${first.kind})`;
  return warn('open work', detail, `ferrolog timeline ${first.node_uuid} shows where it stands`);
};

const failedNodes = ({ status: { nodes } }: Seen): Finding => {
  const states = Object.entries(nodes);
  const total = states.reduce((sum, [, count]) => sum + count, 0);
  const failed = states.filter(([state]) => /failed$|^error$/.test(state));
  if (failed.length === 0) return ok('nodes', `${total} in all, none in a failed state`);
  const detail = failed.map(([state, count]) => `${count} in "${state}"`).join(', ');
  return warn('nodes', `${detail}, of ${total}`, 'ferrolog why NODE says what happened');
};

const TOLERATED_MS = 2_000;

/** The server's clock was read somewhere between question and answer. */
const clock = ({ status, askedMs, answeredMs }: Seen): Finding => {
  const server = Date.parse(status.time);
  const differenceMs = Math.max(askedMs - server, server - answeredMs, 0);
  return differenceMs <= TOLERATED_MS
    ? ok('clock', 'the clocks of server and client agree')
    : warn(
        'clock',
        `the clocks of server and client differ by ${duration(differenceMs / 1000)}`,
        'synchronise both (NTP)',
      );
};
