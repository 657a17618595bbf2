import type { EventJson } from '#apps/api';

// What can be asked of the events of a fleet that was deploying.

/** How often each node's deployment was begun, by its stream. */
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

interface StepData {
  readonly operation: string;
  readonly index: number;
}

/** Steps, as machines know them, that the conductor recorded its intent for. */
export const intentsOf = (host: string, events: readonly EventJson[]): Set<string> =>
  new Set(
    events
      .filter(({ type, metadata }) => type === 'DeploymentStepStarted' && metadata.actorId === host)
      .map(({ data }) => data as unknown as StepData)
      .map(({ operation, index }) => `${operation}/${index}`),
  );
