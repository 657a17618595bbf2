import autocannon from 'autocannon';
import { Client, pump } from './client.js';
import { nodeBody } from './node-body.js';
import { measured, residentMiB } from './process-meter.js';
import type { Load } from './wrk.js';
import { hasWrk, wrk } from './wrk.js';

/** A server to measure; its CPU and memory are those of these processes, and cannot be told where there are none. */
export interface Target {
  readonly url: string;
  readonly pids: readonly number[];
  readonly version: string;
  /** Requests that it can take at a time; more than it can would only measure time-outs. */
  readonly connections?: number;
}

/** Figures of one run of a phase, by the names of the marks. */
export type Figures = Readonly<Record<string, number>>;

const CONNECTIONS = 32;
const headers = (version: string) => ({
  'content-type': 'application/json',
  'x-openstack-ironic-api-version': version,
});

/** Which program sends the requests that rates are made of. */
export const loadClient = hasWrk() ? 'wrk' : 'autocannon';
const SECONDS = 3;

/** As many requests as the server takes: for some seconds from wrk, else so many from autocannon. */
const load = async (
  target: Target,
  amount: number,
  script: Load['script'],
  lines: readonly string[],
  requests: autocannon.Request[],
): Promise<{ each: number; rate: number }> => {
  let done = amount;
  const cost = await measured(target.pids, async () => {
    const { url, version, connections } = target;
    // wrk gives up on what takes longer than two seconds.
    if (loadClient === 'wrk' && connections === undefined)
      done = await wrk({ script, url, version, connections: CONNECTIONS, seconds: SECONDS, lines });
    else await cannon(url, amount, requests, { unique: script === 'enrol', connections });
  });
  return { each: (1000 * cost.cpuSeconds) / done, rate: done / cost.seconds };
};

const cannon = async (
  url: string,
  amount: number,
  requests: autocannon.Request[],
  { unique, connections = CONNECTIONS }: { unique: boolean; connections?: number },
): Promise<void> => {
  const options = { url, connections, amount, requests, timeout: 30, idReplacement: unique };
  const { non2xx, errors, statusCodeStats } = await autocannon(options);
  if (non2xx > 0 || errors > 0)
    throw new Error(
      `${non2xx} refusals and ${errors} errors in ${amount} requests: ${JSON.stringify(statusCodeStats)}`,
    );
};

export const enrol = async (target: Target, amount: number): Promise<Figures> => {
  // The client puts a number of its own in the place of [<id>]: every name is another one.
  const body = JSON.stringify(nodeBody({ name: `bench-${Date.now().toString(36)}-[<id>]` }));
  const request = { method: 'POST' as const, path: '/v1/nodes', headers: headers(target.version), body };
  const { each, rate } = await load(target, amount, 'enrol', [body], [request]);
  return { 'enrol: server CPU': each, 'enrol: rate': rate };
};

export const getOne = async (target: Target, amount: number): Promise<Figures> => {
  const uuids = await someNodes(target, 500);
  const requests = uuids.map(uuid => ({
    method: 'GET' as const,
    path: `/v1/nodes/${uuid}`,
    headers: headers(target.version),
  }));
  const { each, rate } = await load(target, amount, 'get', uuids, requests);
  return { 'GET one node: server CPU': each, 'GET one node: rate': rate };
};

const someNodes = async ({ url, version }: Target, count: number): Promise<string[]> => {
  const client = new Client(url, version, 1);
  const { body } = await client.call('GET', `/v1/nodes?limit=${count}&fields=uuid`);
  client.close();
  return (JSON.parse(body) as { nodes: { uuid: string }[] }).nodes.map(({ uuid }) => uuid);
};

/** Agents of nodes that are enrolled for fast track: look up, then heartbeat. */
export const heartbeat = async (target: Target, amount: number): Promise<Figures> => {
  const agents = await bootAgents(target, 100);
  const requests = agents.map(({ uuid, token }, index) => ({
    method: 'POST' as const,
    path: `/v1/heartbeat/${uuid}`,
    headers: headers(target.version),
    body: JSON.stringify(beat(index, token)),
  }));
  const lines = agents.map(({ uuid, token }, index) => `${uuid} ${JSON.stringify(beat(index, token))}`);
  await cannon(target.url, agents.length, requests, { unique: false });
  const { each, rate } = await load(target, amount, 'heartbeat', lines, requests);
  return { 'heartbeat: server CPU': each, 'heartbeat: rate': rate };
};

const beat = (index: number, token: string) => ({
  callback_url: `https://127.0.0.1:9/${index}`,
  agent_version: '9.4.0',
  agent_token: token,
});

const bootAgents = async ({ url, version }: Target, count: number): Promise<{ uuid: string; token: string }[]> => {
  const client = new Client(url, version, 8);
  const info = { fast_track: true, deploy_kernel: 'http://127.0.0.1:9/k', deploy_ramdisk: 'http://127.0.0.1:9/r' };
  const agents: { uuid: string; token: string }[] = [];
  await pump(count, 8, async () => {
    const node = await client.call('POST', '/v1/nodes', nodeBody({ deploy_interface: 'direct', driver_info: info }));
    const { uuid } = JSON.parse(node.body) as { uuid: string };
    const found = await client.call('GET', `/v1/lookup?node_uuid=${uuid}`);
    agents.push({ uuid, token: (JSON.parse(found.body) as { config: { agent_token: string } }).config.agent_token });
  });
  client.close();
  return agents;
};

/** A thousand agents that come up together: each looks itself up before, and beats once, all at the same time. */
export const burst = async (target: Target): Promise<Figures> => {
  const agents = await bootAgents(target, 1_000);
  const client = new Client(target.url, target.version, 1_000);
  const answers = await Promise.all(
    agents.map(({ uuid, token }, index) =>
      client.call('POST', `/v1/heartbeat/${uuid}`, beat(index, token)).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  );
  client.close();
  return { '1,000 agents at once: refused': (100 * answers.filter(status => status !== 202).length) / agents.length };
};

const stages = [
  ['manage', 'manageable'],
  ['provide', 'available'],
  ['active', 'active'],
  ['deleted', 'available'],
] as const;

/** Nodes at once through their whole life: enrolled, managed, cleaned, deployed, undeployed and cleaned again. */
export const wholeLife = async (target: Target, nodes: number): Promise<Figures> => {
  const client = new Client(target.url, target.version, CONNECTIONS);
  const cost = await measured(target.pids, () => pump(nodes, nodes, async () => void (await liveOn(client))));
  client.close();
  return { 'whole life: server CPU': (1000 * cost.cpuSeconds) / nodes, 'whole life: rate': nodes / cost.seconds };
};

const liveOn = async (client: Client): Promise<string> => {
  const { body } = await client.call('POST', '/v1/nodes', nodeBody());
  const { uuid } = JSON.parse(body) as { uuid: string };
  for (const [target, wanted] of stages) {
    await takeOn(client, uuid, target);
    await arrive(client, uuid, wanted);
  }
  return uuid;
};

const takeOn = async (client: Client, uuid: string, target: string): Promise<void> => {
  for (;;) {
    const { status, body } = await client.call('PUT', `/v1/nodes/${uuid}/states/provision`, { target });
    if (status === 202) return;
    if (status !== 409 && status !== 503) throw new Error(`${target} was answered ${status} ${body}`);
    await pause(100);
  }
};

/** Asked again and again, the longer the seldomer: as a client does that has many nodes to wait for. */
const arrive = async (client: Client, uuid: string, wanted: string): Promise<void> => {
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.5, 400)) {
    await pause(waitMs);
    const { body } = await client.call('GET', `/v1/nodes/${uuid}?fields=provision_state`);
    const { provision_state: state } = JSON.parse(body) as { provision_state: string };
    if (state === wanted) return;
    if (state.endsWith('failed') || state === 'error') throw new Error(`${uuid} ended in ${state}`);
  }
};

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** One client, one list after another: the median of the times. */
export const lists = async (target: Target, repeats: number): Promise<Figures> => {
  const client = new Client(target.url, target.version, 1);
  const median = async (path: string) => {
    const times: number[] = [];
    for (let run = 0; run < repeats; run++) {
      const { status, body, ms } = await client.call('GET', path);
      const { nodes } = JSON.parse(body) as { nodes: unknown[] };
      if (status !== 200 || nodes.length !== 1_000) throw new Error(`${path}: ${status}, ${nodes.length} nodes`);
      times.push(ms);
    }
    return times.toSorted((a, b) => a - b)[repeats >> 1]!;
  };
  const figures = {
    'list of 1,000': await median('/v1/nodes?limit=1000'),
    'detailed list of 1,000': await median('/v1/nodes/detail?limit=1000'),
  };
  client.close();
  return figures;
};

/** Enrols until so many are there. */
export const fill = async (target: Target, nodes: number): Promise<void> => {
  const client = new Client(target.url, target.version, CONNECTIONS);
  let have = 0;
  for (let marker = ''; ;) {
    const { body } = await client.call('GET', `/v1/nodes?limit=1000&fields=uuid${marker}`);
    const { nodes: page } = JSON.parse(body) as { nodes: { uuid: string }[] };
    have += page.length;
    if (page.length < 1_000) break;
    marker = `&marker=${page.at(-1)!.uuid}`;
  }
  await pump(
    Math.max(0, nodes - have),
    CONNECTIONS,
    async () => void (await client.call('POST', '/v1/nodes', nodeBody())),
  );
  client.close();
};

export const memory = ({ pids }: Target): Figures => ({
  'resident memory with 10,000 nodes': pids.reduce((sum, pid) => sum + residentMiB(pid), 0),
});

/** Nodes that were deployed and taken back again and again, as those of a fleet that has been in use for a while. */
export const histories = async (target: Target, nodes: number, lives: number): Promise<void> => {
  const client = new Client(target.url, target.version, CONNECTIONS);
  await pump(nodes, nodes, async () => {
    const uuid = await liveOn(client);
    for (let life = 1; life < lives; life++)
      for (const [verb, wanted] of stages.slice(-2)) {
        await takeOn(client, uuid, verb);
        await arrive(client, uuid, wanted);
      }
  });
  client.close();
};

export const rebuild = async ({ url }: Target, of: string): Promise<Figures> => {
  const answer = await fetch(`${url}/ferrolog/v1/rebuild`, { method: 'POST' });
  const { events, seconds } = (await answer.json()) as { events: number; seconds: number };
  return { [`rebuild of the read model: ${of}`]: events / seconds };
};
