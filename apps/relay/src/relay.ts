import type { EventStore, RecordedEvent, WorkLog, WorkMessage } from '#domain';
import { uuidOfNodeStream, workTopic } from '#domain';

/**
 * Follows the store and wakes conductors: every event of a node goes to the topic of its group and hardware type, and
 * of those it came from where it moved. The log may lose or repeat what it is given; the store does not.
 */
export class Relay {
  readonly #end = new AbortController();
  readonly #topics = new Set<string>();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly log: WorkLog,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** From the position on; what was before is found by whoever looks for open work. */
  start(after: number): void {
    this.#done = this.#follow(after).catch((error: unknown) => this.onError(error));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #follow(after: number): Promise<void> {
    const filter = { streams: ['node-'] };
    for await (const { events } of this.store.subscribeToAll(after, { filter, signal: this.#end.signal }))
      if (events.length > 0) await this.#publish(events);
  }

  async #publish(events: readonly RecordedEvent[]): Promise<void> {
    const byTopic = new Map<string, WorkMessage[]>();
    for (const event of events) {
      const message = { key: uuidOfNodeStream(event.stream), position: event.position, type: event.type };
      for (const topic of topicsOf(event)) {
        const messages = byTopic.get(topic);
        if (messages) messages.push(message);
        else byTopic.set(topic, [message]);
      }
    }
    for (const [topic, messages] of byTopic) {
      if (!this.#topics.has(topic)) {
        await this.log.ensureTopic(topic);
        this.#topics.add(topic);
      }
      await this.log.publish(topic, messages);
    }
  }
}

const topicsOf = ({ metadata }: RecordedEvent): string[] => {
  const { conductorGroup, hardwareType, previousConductorGroup, previousHardwareType } = metadata;
  if (conductorGroup === undefined || hardwareType === undefined) return [];
  const topics = [workTopic(conductorGroup, hardwareType)];
  if (previousConductorGroup !== undefined || previousHardwareType !== undefined)
    topics.push(workTopic(previousConductorGroup ?? conductorGroup, previousHardwareType ?? hardwareType));
  return topics;
};
