import type { Node, ProblemDetails, RecordedEvent } from '#domain';
import { actorOf } from './event-words.js';

export interface Link {
  readonly event: string;
  readonly type: string;
  readonly time: string;
  readonly what: string;
  readonly by: string;
}

export interface Explanation {
  readonly node: string;
  readonly name: string | null;
  readonly provision_state: string;
  readonly maintenance: boolean;
  readonly fault: string | null;
  /** Null when nothing ever failed on the node. */
  readonly failure: {
    readonly event: string;
    readonly type: string;
    readonly time: string;
    readonly revision: number;
    readonly problem: ProblemDetails;
  } | null;
  /** From the failure up to whoever began it all. */
  readonly chain: readonly Link[];
  readonly explanation: string;
  readonly hint: string | null;
  /** Whether the node has got over it since. */
  readonly resolved: boolean;
}

/** Root cause of the last failure of a node: the problem, the step, and the chain of causes up to a principal. */
export const explain = (node: Node, events: readonly RecordedEvent[]): Explanation => {
  const failure = events.findLast(event => problemIn(event) !== undefined);
  const base = {
    node: node.uuid,
    name: node.attributes.name,
    provision_state: node.provisionState,
    maintenance: node.maintenance !== null,
    fault: node.fault,
  };
  if (!failure)
    return {
      ...base,
      failure: null,
      chain: [],
      explanation: `Nothing has failed on node ${node.uuid}.`,
      hint: null,
      resolved: true,
    };
  const problem = problemIn(failure)!;
  const chain = causesOf(failure, events);
  const root = chain.at(-1)!;
  const resolved = node.lastError === null && node.fault === null && !/failed$|^error$/.test(node.provisionState);
  return {
    ...base,
    failure: { event: failure.id, type: failure.type, time: failure.recorded, revision: failure.revision, problem },
    chain,
    explanation: `${problem.title}: ${problem.detail} It came of ${root.type} at ${root.time}, asked for by ${root.by}.${resolved ? ' The node has got over it since.' : ''}`,
    hint: problem.hint ?? null,
    resolved,
  };
};

const problemIn = (event: RecordedEvent): ProblemDetails | undefined =>
  (event.data as { problem?: ProblemDetails }).problem;

/** Each event names the one that led to it; a command that a principal sent names itself. */
const causesOf = (failure: RecordedEvent, events: readonly RecordedEvent[]): Link[] => {
  const byId = new Map(events.map(event => [event.id, event]));
  const chain: Link[] = [];
  const seen = new Set<string>();
  let event: RecordedEvent | undefined = failure;
  while (event && !seen.has(event.id)) {
    seen.add(event.id);
    chain.push(linkOf(event));
    event = parentOf(event, byId);
  }
  return chain;
};

const parentOf = ({ metadata }: RecordedEvent, byId: ReadonlyMap<string, RecordedEvent>): RecordedEvent | undefined =>
  metadata.$causationId === metadata.commandId ? undefined : byId.get(metadata.$causationId);

const linkOf = (event: RecordedEvent): Link => {
  const {
    step,
    interface: type,
    problem,
    method,
  } = event.data as { step?: string; interface?: string; problem?: ProblemDetails; method?: string };
  const what = problem?.title ?? (step ? `${type ? `${type}.` : ''}${step}` : (method ?? event.type));
  return { event: event.id, type: event.type, time: event.recorded, what, by: actorOf(event) };
};
