import { describe, expect, it } from '@jest/globals';
import type { EventStore, StoreIdentity } from '#domain';
import { placeOf, positionToken } from './position-token.js';

describe('A position that a client remembers', () => {
  const before: StoreIdentity = { storeId: '0a0a0a0a', generation: 1 };
  const now: StoreIdentity = { storeId: '0b0b0b0b', generation: 2, movedFrom: { ...before, upTo: 50 } };
  const store = { identity: now, head: () => Promise.resolve(100) } as unknown as EventStore;

  it('is the place that it was given for', async () => {
    expect(await placeOf(store, positionToken(now, 42))).toBe(42);
  });

  it('is refused when the events were moved to this store since, and says so', () =>
    expect(placeOf(store, positionToken(before, 42))).rejects.toMatchObject({
      status: 410,
      message: expect.stringContaining('moved into this one'),
    }));

  it('is refused when it is of a store that nobody knows, of another generation or of the future', async () => {
    const refused = (identity: StoreIdentity, position: number) => placeOf(store, positionToken(identity, position));
    await expect(refused({ storeId: '0c0c0c0c', generation: 2 }, 1)).rejects.toMatchObject({ status: 410 });
    await expect(refused({ ...now, generation: 1 }, 1)).rejects.toMatchObject({ status: 410 });
    await expect(refused(now, 101)).rejects.toMatchObject({ status: 400 });
  });
});
