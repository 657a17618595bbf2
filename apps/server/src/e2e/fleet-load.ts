import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import { ironicApi, type Answer, type NodeBody } from './ironic-api.js';
import { until, type Member } from './fleet-under-test.js';

/** What a client of the fleet does: it knows all APIs, and goes to the next where the connection is refused. */
export interface FleetClient {
  /** @throws what `fetch` throws when the connection breaks off: then nobody knows whether it was done */
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The same until it is answered with success. Only for what may be asked for twice. */
  insist(method: string, path: string, body?: unknown): Promise<unknown>;
  nodes(): Promise<NodeBody[]>;
  /** Everything up to the head of the store. */
  events(): Promise<EventJson[]>;
}

const isRefused = (error: unknown): boolean =>
  ((error as { cause?: { code?: string } }).cause?.code ?? '') === 'ECONNREFUSED';

export const fleetClient = (apis: readonly Member[]): FleetClient => {
  let turn = 0;
  const client: FleetClient = {
    async request(method, path, body) {
      for (let attempts = 0; ; attempts++) {
        const { url } = apis[turn++ % apis.length]!;
        try {
          return await ironicApi(url, '1.110').request(method, path, body);
        } catch (error) {
          if (!isRefused(error) || attempts === 100) throw error;
          await sleep(50);
        }
      }
    },
    async insist(method, path, body) {
      let last: unknown;
      for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) {
        try {
          const answer = await client.request(method, path, body);
          if (answer.status < 300) return answer.body;
          last = answer;
        } catch (error) {
          last = error;
        }
      }
      throw new Error(`${method} ${path} does not succeed`, { cause: last });
    },
    async nodes() {
      const { nodes } = (await client.insist('GET', '/v1/nodes?limit=1000&detail=True')) as { nodes: NodeBody[] };
      return nodes;
    },
    async events() {
      for (;;) {
        const { url } = apis[turn++ % apis.length]!;
        const response = await fetch(`${url}/ferrolog/v1/events?from=start&until_head=true`).catch(() => undefined);
        const text = await response?.text().catch(() => undefined);
        if (text === undefined || !response!.ok) await sleep(100);
        else return eventsIn(text);
      }
    },
  };
  return client;
};

export const eventsIn = (text: string): EventJson[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('data: '))
    .map(line => JSON.parse(line.slice('data: '.length)) as EventJson);

/** In parts, so that the client is not what the fleet waits for. */
export const forEach = async <T>(items: readonly T[], atOnce: number, task: (item: T) => Promise<unknown>) => {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
};

/** Fake machines that can be deployed, each slow enough for somebody to die meanwhile. */
export const enrol = async (client: FleetClient, names: readonly string[], deploySeconds: number): Promise<void> => {
  const driver_info = { fake_deploy_delay: deploySeconds, fake_firmware_delay: 0.2 };
  await forEach(names, 8, async name => {
    await client.insist('POST', '/v1/nodes', { driver: 'fake-hardware', name, driver_info });
    await client.insist('PUT', `/v1/nodes/${name}/states/provision`, { target: 'manage' });
  });
  await inState(client, names, ['manageable']);
  await forEach(names, 8, name => client.insist('PUT', `/v1/nodes/${name}/states/provision`, { target: 'provide' }));
  await inState(client, names, ['available']);
};

/** With a step that must not run twice before the one that takes its time. */
export const deployment = (target: 'active' | 'rebuild') => ({
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

export const inState = async (client: FleetClient, names: readonly string[], states: readonly string[]) => {
  let nodes: NodeBody[] = [];
  const wanted = new Set(names);
  const isThere = ({ provision_state, reservation }: NodeBody) =>
    states.includes(provision_state) && reservation === null;
  const look = async () => {
    nodes = (await client.nodes()).filter(({ name }) => wanted.has(name as string));
    return nodes.length === names.length && nodes.every(isThere);
  };
  await until(look, `nodes in ${states.join(' or ')}`).catch((error: unknown) => {
    const stuck = nodes.filter(node => !isThere(node));
    throw new Error(
      `${String(error)}: ${stuck.map(node => `${String(node.name)} is in ${node.provision_state}, reserved by ${String(node.reservation)}: ${node.last_error}`).join('; ')}`,
    );
  });
  return nodes;
};

/** What came of asking for a deployment of each node. */
export interface Asked {
  /** Names of nodes whose deployment was acknowledged. */
  readonly accepted: readonly string[];
  /** Answers that were no acknowledgement. */
  readonly refused: readonly Answer[];
  /** Names of nodes of which nobody knows: the connection broke off. */
  readonly unknown: readonly string[];
}

export const askForDeployments = async (
  client: FleetClient,
  names: readonly string[],
  target: 'active' | 'rebuild',
): Promise<Asked> => {
  const asked = { accepted: [] as string[], refused: [] as Answer[], unknown: [] as string[] };
  await forEach(names, 8, async name => {
    try {
      const answer = await client.request('PUT', `/v1/nodes/${name}/states/provision`, deployment(target));
      if (answer.status === 202) asked.accepted.push(name);
      else asked.refused.push(answer);
    } catch {
      asked.unknown.push(name);
    }
  });
  return asked;
};

/** How often each node's deployment was begun, by its uuid. */
export const deploymentsIn = (events: readonly EventJson[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { type, stream } of events)
    if (type === 'DeploymentStarted' || type === 'RebuildStarted') counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return counts;
};

interface ClaimData {
  readonly conductor: string;
  readonly epoch: number;
}

/** Events of steps that a conductor wrote while another one had the node. */
export const writtenWithoutClaim = (events: readonly EventJson[]): string[] => {
  const claims = new Map<string, string>();
  const wrong: string[] = [];
  for (const { type, stream, revision, metadata, data } of events) {
    if (type === 'NodeClaimed') claims.set(stream, (data as unknown as ClaimData).conductor);
    else if (metadata.actorKind === 'conductor' && /Step/.test(type) && claims.get(stream) !== metadata.actorId)
      wrong.push(`${type} ${stream}@${revision} by ${metadata.actorId}, claimed by ${claims.get(stream)}`);
  }
  return wrong;
};

/** Streams of nodes that are being deployed, by the host of the conductor that has claimed them. */
export const claimedBy = (events: readonly EventJson[]): Map<string, Set<string>> => {
  const holders = new Map<string, string>();
  const underWay = new Set<string>();
  for (const { type, stream, data } of events) {
    if (type === 'NodeClaimed') holders.set(stream, (data as unknown as ClaimData).conductor);
    else if (type === 'DeploymentStepStarted') underWay.add(stream);
    else if (/^Deployment(?!Step(Started|Completed))/.test(type)) underWay.delete(stream);
  }
  const nodes = new Map<string, Set<string>>();
  for (const stream of underWay) {
    const host = holders.get(stream) ?? '';
    nodes.set(host, (nodes.get(host) ?? new Set()).add(stream));
  }
  return nodes;
};
