import type { EventDataByType, EventStore } from '#domain';
import { Problem } from '#domain';

/** One event for ever: which request the key stands for. */
export const idempotencyStream = (key: string): string => `idempotency-${key}`;

/**
 * What is known about the key: undefined when it was not used before, else by the same request.
 *
 * @throws Problem request.idempotency-key-reused when it was another one
 */
export const usedBefore = async (
  store: Pick<EventStore, 'readStream'>,
  { key, digest }: { readonly key: string; readonly digest: string },
): Promise<EventDataByType['IdempotencyKeyUsed'] | undefined> => {
  const [event] = await store.readStream(idempotencyStream(key), 0, 1);
  const used = event && (event.data as EventDataByType['IdempotencyKeyUsed']);
  if (!used || used.digest === digest) return used;
  throw new Problem({
    code: 'request.idempotency-key-reused',
    title: 'The idempotency key belongs to another request',
    detail: 'This Idempotency-Key was sent before with another request.',
    hint: 'Use a new key for a new request.',
  });
};
