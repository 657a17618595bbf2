import type { Clock, EventStore, RecordedEvent, WorkLog, WorkMessage } from '#domain';
import { uuidOfNodeStream, workTopic } from '#domain';
import type { Checkpoint } from '#event-store/follower';
import { Follower } from '#event-store/follower';

export interface RelayPorts {
  readonly store: EventStore;
  readonly log: WorkLog;
  readonly clock: Clock;
  /** What was before is found by whoever looks for open work. */
  readonly checkpoint: Checkpoint;
  readonly onBreak: (error: unknown) => void;
}

/**
 * Follows the store and wakes conductors: every event of a node goes to the topic of its group and hardware type, and
 * of those it came from where it moved. The log may lose or repeat what it is given; the store does not.
 */
export const relay = ({ store, log, clock, checkpoint, onBreak }: RelayPorts): Follower => {
  const known = new Set<string>();
  return new Follower({
    store,
    clock,
    filter: { streams: ['node-'] },
    checkpoint,
    handle: async events => {
      for (const [topic, messages] of byTopic(events)) {
        if (!known.has(topic)) await log.ensureTopic(topic);
        known.add(topic);
        await log.publish(topic, messages);
      }
    },
    onBreak,
  });
};

const byTopic = (events: readonly RecordedEvent[]): Map<string, WorkMessage[]> => {
  const byTopic = new Map<string, WorkMessage[]>();
  for (const event of events) {
    const message = { key: uuidOfNodeStream(event.stream), position: event.position, type: event.type };
    for (const topic of topicsOf(event)) {
      const messages = byTopic.get(topic);
      if (messages) messages.push(message);
      else byTopic.set(topic, [message]);
    }
  }
  return byTopic;
};

const topicsOf = ({ metadata }: RecordedEvent): string[] => {
  const { conductorGroup, hardwareType, previousConductorGroup, previousHardwareType } = metadata;
  if (conductorGroup === undefined || hardwareType === undefined) return [];
  const topics = [workTopic(conductorGroup, hardwareType)];
  if (previousConductorGroup !== undefined || previousHardwareType !== undefined)
    topics.push(workTopic(previousConductorGroup ?? conductorGroup, previousHardwareType ?? hardwareType));
  return topics;
};
