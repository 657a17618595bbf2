import type { Chassis, ConductorRecord, Node, RecordedEvent } from '#domain';
import { chassisAggregate, conductorAggregate, evolve } from '#domain';
import type { Folds } from './folds.js';
import { historyEntry } from './history/history-entries.js';
import type { HistoryRow } from './schema/entities.js';

/** How the names of the streams begin that make rows. */
export const PROJECTED = ['node-', 'chassis-', 'conductor-'] as const;

interface Change<State> {
  readonly before: State;
  after: State;
}

/** What a batch of events comes to: each entity from what its rows say to what they shall say. */
export interface Changes {
  readonly nodes: readonly Change<Node>[];
  readonly chassis: readonly Change<Chassis>[];
  readonly conductors: readonly Change<ConductorRecord>[];
  readonly history: readonly HistoryRow[];
}

/** Pure, but for what `before` is asked: rows are a function of the events alone, whatever database they are in. */
export const changesOf = (events: readonly RecordedEvent[], before: Pick<Folds, 'node' | 'other'>): Changes => {
  const nodes = new Map<string, Change<Node>>();
  const chassis = new Map<string, Change<Chassis>>();
  const conductors = new Map<string, Change<ConductorRecord>>();
  const history: HistoryRow[] = [];
  for (const event of events) {
    const { stream } = event;
    if (stream.startsWith('node-')) {
      const node = nodes.get(stream) ?? touch(nodes, stream, before.node(event));
      const entry = historyEntry(event, node.after);
      node.after = evolve(node.after, event);
      if (entry) history.push(entry);
    } else if (stream.startsWith('chassis-')) {
      const one = chassis.get(stream) ?? touch(chassis, stream, before.other(chassisAggregate, event, 'chassis-'));
      one.after = chassisAggregate.evolve(one.after, event);
    } else if (stream.startsWith('conductor-')) {
      const one =
        conductors.get(stream) ?? touch(conductors, stream, before.other(conductorAggregate, event, 'conductor-'));
      one.after = conductorAggregate.evolve(one.after, event);
    }
  }
  return {
    nodes: [...nodes.values()],
    chassis: [...chassis.values()],
    conductors: [...conductors.values()],
    // Entries of a node that is gone go with it; those of an earlier incarnation went with that.
    history: history.filter(entry => {
      const { after } = nodes.get(`node-${entry.node_uuid}`)!;
      return after.present && entry.id >= after.enrolledAt;
    }),
  };
};

const touch = <State>(touched: Map<string, Change<State>>, stream: string, before: State): Change<State> => {
  const change = { before, after: before };
  touched.set(stream, change);
  return change;
};
