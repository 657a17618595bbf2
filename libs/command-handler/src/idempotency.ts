import type { EventDataByType, EventStore } from '#domain';
import { Problem } from '#domain';

/** One event for ever: which request the key stands for. */
export const idempotencyStream = (key: string): string => `idempotency-${key}`;

/**
 * Whether the key was used before, by the same request.
 *
 * @throws Problem request.idempotency-key-reused when it was another one
 */
export const requireSameRequest = async (
  store: Pick<EventStore, 'readStream'>,
  { key, digest }: { readonly key: string; readonly digest: string },
): Promise<boolean> => {
  const [used] = await store.readStream(idempotencyStream(key), 0, 1);
  if (!used) return false;
  if ((used.data as EventDataByType['IdempotencyKeyUsed']).digest === digest) return true;
  throw new Problem({
    code: 'request.idempotency-key-reused',
    title: 'The idempotency key belongs to another request',
    detail: 'This Idempotency-Key was sent before with another request.',
    hint: 'Use a new key for a new request.',
  });
};
