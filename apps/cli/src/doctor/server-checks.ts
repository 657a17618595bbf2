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
  ...work(seen),
  readModel(seen),
  openWork(seen),
  failedNodes(seen),
  clock(seen),
  ...conductorClocks(seen),
];

const answered = (server: string, { status, askedMs, answeredMs }: Seen): Finding =>
  ok('server', `${server} answered in ${answeredMs - askedMs} ms; its store is at position ${status.store.position}`);

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

/** Nodes of a group and driver where nobody is, and work that nobody gets to. */
const work = ({ status }: Seen): Finding[] => {
  const shares = status.work.map(share => ({
    ...share,
    name: `${share.hardware_type} in group "${share.conductor_group}"`,
  }));
  const orphaned = shares.filter(({ unowned, nodes }) => unowned > 0 && nodes > 0);
  const owned = shares.filter(({ owners }) => Object.keys(owners).length > 0);
  const held = owned.map(({ name, owners }) => {
    const parts = Object.entries(owners).map(([host, count]) => `${host} ${count}`);
    return `${name}: ${parts.join(', ')}`;
  });
  return [
    ...orphaned.map(({ name, unowned, partitions, nodes }) =>
      fail(
        'work',
        unowned === partitions
          ? `${nodes} nodes with ${name} are nobody's`
          : `${unowned} of ${partitions} partitions of ${name} are nobody's; ${nodes} nodes are in all of them`,
        "start a conductor with this driver in this group, or look again: partitions are nobody's while they change hands",
      ),
    ),
    ...(held.length > 0 ? [ok('work', `partitions of ${held.join('; ')}`)] : []),
    ...shares
      .filter(({ waiting }) => waiting === null)
      .map(({ name }) =>
        warn('work', `how much waits for ${name} is not known`, 'look whether Kafka can be reached from the server'),
      ),
    ...shares
      .filter(({ waiting }) => waiting !== null && waiting > MANY_WAITING)
      .map(({ name, waiting }) =>
        warn(
          'work',
          `${waiting} wake-ups wait for ${name}`,
          'look again; if they grow in number, start more conductors',
        ),
      ),
  ];
};

/** More than conductors have at work at any moment of a usual day. */
const MANY_WAITING = 1_000;

const readModel = ({ status: { read_model: model } }: Seen): Finding => {
  if (model.behind === 0) return ok('read model', 'up to date');
  return model.behind > 0
    ? warn(
        'read model',
        `${model.behind} positions behind the store`,
        'look again; if it stays behind, look whether a projector runs; then: ferrolog rebuild',
      )
    : fail(
        'read model',
        `${-model.behind} positions ahead of the store: a backup of the events was put back`,
        'stop every process, ferrolog after-restore, start them again',
      );
};

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

/** Signs of life bear the time of the conductor: one that comes from the future tells of its clock. */
const conductorClocks = ({ status }: Seen): Finding[] =>
  status.conductors
    .map(({ host, seen }) => ({ host, aheadMs: Date.parse(seen) - Date.parse(status.time) }))
    .filter(({ aheadMs }) => aheadMs > TOLERATED_MS)
    .map(({ host, aheadMs }) =>
      warn(
        'clock',
        `the clock of ${host} is ${duration(aheadMs / 1000)} ahead of the server's`,
        'synchronise both (NTP)',
      ),
    );
