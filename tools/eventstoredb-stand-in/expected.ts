import type { WireTarget } from './protocol.js';

/** What a stream is expected to hold: a revision exactly, or what the word says. */
export type Expected = bigint | 'missing' | 'any' | 'exists';

export const expectedOf = (target: WireTarget): Expected => {
  if (target.revision !== undefined) return BigInt(target.revision);
  if (target.missing) return 'missing';
  return target.exists ? 'exists' : 'any';
};

/** As the server tells it in trailers. */
export const expectedNumber = (expected: Expected): bigint =>
  typeof expected === 'bigint' ? expected : { missing: -1n, any: -2n, exists: -4n }[expected];

export const streamOf = (target: WireTarget | undefined): string => target?.stream?.name?.toString() ?? '';
