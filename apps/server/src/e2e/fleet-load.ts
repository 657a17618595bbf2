import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import { ironicApi, type Answer, type NodeBody } from './ironic-api.js';
import { until, type Member } from './fleet-under-test.js';

/** So long a request is repeated. The bound only keeps a defect from hanging the suite. */
const PATIENCE_MS = 120_000;

/**
 * What a client of the fleet does. As a balancer does, it asks the APIs that are ready in turn, where there are any. A
 * request that changes something has a key of its own: where the connection breaks off it is repeated under that.
 */
export interface FleetClient {
  /** The first answer, of whatever status. */
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Repeats also what was refused with 503. Those refusals are told. @throws Error for any other refusal */
  insist(method: string, path: string, body?: unknown, onRefusal?: (answer: Answer) => void): Promise<unknown>;
  nodes(): Promise<NodeBody[]>;
  /** Everything up to the head of the store. What was read before is not read again. */
  events(): Promise<readonly EventJson[]>;
}

export const fleetClient = (apis: readonly Member[]): FleetClient => {
  let turn = 0;
  const next = (): string => {
    const ready = apis.filter(api => api.isReady());
    const asked = ready.length > 0 ? ready : apis;
    return asked[turn++ % asked.length]!.url;
  };
  const answered = async (version: string, key: string, [method, path, body]: [string, string, unknown?]) => {
    const headers: Record<string, string> = method === 'GET' ? {} : { 'idempotency-key': key };
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(50))
      try {
        return await ironicApi(next(), version).request(method, path, body, headers);
      } catch (error) {
        // Of a connection that broke off nobody knows; the key makes the repetition safe.
        if (Date.now() > end) throw error;
      }
  };
  const known: EventJson[] = [];
  const readOn = async (): Promise<readonly EventJson[]> => {
    for (;;) {
      const from = known.at(-1)?.position ?? 'start';
      try {
        const response = await fetch(`${next()}/ferrolog/v1/events?from=${from}&until_head=true`);
        const text = await response.text();
        if (response.ok) {
          known.push(...eventsIn(text));
          return known;
        }
      } catch {
        // Also an answer that breaks off: it is asked for again, from the same place.
      }
      await sleep(100);
    }
  };
  let reading: Promise<unknown> = Promise.resolve();
  const client: FleetClient = {
    request: (...request) => answered('1.110', randomUUID(), request),
    async insist(method, path, body, onRefusal) {
      const key = randomUUID();
      // Before 1.11 a new node was available.
      const version = method === 'POST' && path === '/v1/nodes' ? '1.10' : '1.110';
      for (const end = Date.now() + PATIENCE_MS; ; await sleep(200)) {
        const answer = await answered(version, key, [method, path, body]);
        if (answer.status < 300) return answer.body;
        if (answer.status !== 503 || Date.now() > end)
          throw new Error(`${method} ${path} is answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
        onRefusal?.(answer);
      }
    },
    async nodes() {
      const fields = 'uuid,name,provision_state,reservation,last_error,maintenance_reason';
      const { nodes } = (await client.insist('GET', `/v1/nodes?limit=1000&fields=${fields}`)) as { nodes: NodeBody[] };
      return nodes;
    },
    events() {
      const read = reading.then(readOn);
      reading = read;
      return read;
    },
  };
  return client;
};

const eventsIn = (text: string): EventJson[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('data: '))
    .map(line => JSON.parse(line.slice('data: '.length)) as EventJson);

/** In parts, so that the client is not what the fleet waits for. */
const forEach = async <T>(items: readonly T[], task: (item: T) => Promise<unknown>) => {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: 8 }, work));
};

/** Fake machines that can be deployed, each slow enough for somebody to die meanwhile. */
export const enrol = async (client: FleetClient, names: readonly string[], deploySeconds: number): Promise<void> => {
  const driver_info = { fake_deploy_delay: deploySeconds, fake_firmware_delay: 0.2 };
  await forEach(names, name => client.insist('POST', '/v1/nodes', { driver: 'fake-hardware', name, driver_info }));
};

/** With a step that must not run twice before the one that takes its time. */
const deployment = (target: 'active' | 'rebuild') => ({
  target,
  deploy_steps: [
    {
      interface: 'firmware',
      step: 'update',
      args: { settings: [{ component: 'bmc', url: 'http://firmware' }] },
      priority: 150,
    },
  ],
});

/** Asks for a deployment of each node until it is acknowledged. Answers the refusals on the way there. */
export const deploy = async (
  client: FleetClient,
  names: readonly string[],
  target: 'active' | 'rebuild',
): Promise<readonly Answer[]> => {
  const refusals: Answer[] = [];
  await forEach(names, name =>
    client.insist('PUT', provisionOf(name), deployment(target), answer => refusals.push(answer)),
  );
  return refusals;
};

/** Asks once for a deployment of each node. */
export const deployOnce = async (client: FleetClient, names: readonly string[]): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  await forEach(names, async name => {
    answers.push(await client.request('PUT', provisionOf(name), deployment('rebuild')));
  });
  return answers;
};

const provisionOf = (name: string) => `/v1/nodes/${name}/states/provision`;

/** Waits until all of them rest in one of these states. */
export const inState = async (client: FleetClient, names: readonly string[], states: readonly string[]) => {
  let nodes: NodeBody[] = [];
  const wanted = new Set(names);
  const isThere = ({ provision_state, reservation }: NodeBody) =>
    states.includes(provision_state) && reservation === null;
  const look = async () => {
    nodes = (await client.nodes()).filter(({ name }) => wanted.has(name as string));
    return nodes.length === names.length && nodes.every(isThere);
  };
  await until(look, `nodes in ${states.join(' or ')}`, 280_000, 250).catch((error: unknown) => {
    const stuck = nodes.filter(node => !isThere(node));
    throw new Error(
      `${String(error)}: ${stuck.map(node => `${String(node.name)} is in ${node.provision_state}, reserved by ${String(node.reservation)}: ${node.last_error}`).join('; ')}`,
    );
  });
  return nodes;
};
