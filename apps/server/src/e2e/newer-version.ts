import { randomUUID } from 'node:crypto';
import type { EventMetadata, EventStore } from '#domain';
import { WrongExpectedRevision } from '#domain';

/** What a version to come may write: a type that nobody knows yet. */
export const blessed = {
  type: 'NodeBlessed',
  data: { blessing: { by: 'a newer version', depth: [1, { more: 'still' }] } },
  metadata: { codeVersion: '99.0.0', mood: 'serene' },
};
/** One that is known, with more in it. */
export const reasoned = {
  type: 'MaintenanceSet',
  data: { reason: 'as a newer version says it', severity: 'minor' },
  metadata: { codeVersion: '99.0.0', mood: 'serene' },
};

/** Behind whatever is in the stream, which others write to at the same time. */
export const writeAsNewer = async (store: EventStore, stream: string): Promise<void> => {
  for (;;) {
    const [tip] = await store.readStreamBackwards(stream, 1);
    const events = [blessed, reasoned].map(({ type, data, metadata }) => ({
      id: randomUUID(),
      type,
      data,
      metadata: { ...tip!.metadata, actorKind: 'user', actorId: 'somebody', ...metadata } as EventMetadata,
    }));
    try {
      await store.append([{ stream, expected: tip!.revision, events }]);
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
};
