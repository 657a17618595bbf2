import { describe } from '@jest/globals';
import { appendingContract } from './contract/appending-contract.js';
import { blobContract } from './contract/blob-contract.js';
import { closingContract } from './contract/closing-contract.js';
import { readingContract } from './contract/reading-contract.js';
import { subscribingContract } from './contract/subscribing-contract.js';
import type { StoreUnderTest } from './contract/scene.js';

export type { StoreUnderTest } from './contract/scene.js';

/**
 * What the port `EventStore`, and the `BlobStore` beside it, promise on any adapter. Each part works on a store of its
 * own, which may hold other streams already: nothing is asserted about those. What needs time is waited for, up to
 * `timeoutMs`.
 *
 * Not asserted, because an adapter may be one of several processes on a server: that positions have no holes, that
 * recorded times never fall, that several streams of one call are atomic (`atomicAcrossStreams` says), and after how
 * many events a reader gets a page.
 */
export const eventStoreContract = (name: string, makeStore: () => Promise<StoreUnderTest>, timeoutMs = 10_000): void =>
  describe(`${name} promises`, () => {
    for (const part of [appendingContract, readingContract, subscribingContract, blobContract, closingContract])
      part(makeStore, timeoutMs);
  });
