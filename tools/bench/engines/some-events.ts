import { randomUUID } from 'node:crypto';
import type { NewEvent, StreamAppend } from '#domain';

export const HARDWARE_TYPE = 'bench';

/** About half a kilobyte of data and metadata: what a step of a deployment leaves. */
export const anEvent = (type = 'DeploymentStepCompleted'): NewEvent => {
  const id = randomUUID();
  return {
    id,
    type,
    data: {
      operation: id,
      index: 3,
      attempt: 1,
      step: 'write_image',
      interface: 'deploy',
      result: { took: 'a while' },
    },
    metadata: {
      $correlationId: id,
      $causationId: id,
      commandId: id,
      actorKind: 'conductor',
      actorId: 'conductor-1',
      occurred: '2026-01-01T00:00:00.000Z',
      codeVersion: '1',
      readableBy: '1',
      conductorGroup: '',
      hardwareType: HARDWARE_TYPE,
    },
  };
};

/** As the first event of a node that nobody knows yet. */
export const aNewStream = (): StreamAppend => ({
  stream: `node-${randomUUID()}`,
  expected: 'no stream',
  events: [anEvent()],
});
