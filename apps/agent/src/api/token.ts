import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Digests are compared, so that neither the time nor the length tells anything of the token. */
export const tokenMatches = (expected: string | undefined, given: string | null): boolean =>
  expected !== undefined && given !== null && timingSafeEqual(digest(expected), digest(given));

/** What a lookup says when the token was given out before, and whenever a secret is shown. */
export const masked = '******';

/** Shorter ones are not taken for a token. */
export const shortestToken = 32;
