import { OutcomeUnknown, StoreUnavailable } from '#domain';

/**
 * What an error of the client means. Its classes do not say it: a refused connection is an `UnavailableError` the first
 * time and a plain `Error` the second, and "not ready" is an `UnknownError`.
 */
export interface Fault {
  /**
   * - `answer`: the server judged the call; asking again gives the same.
   * - `refused`: nothing was done; later it may be.
   * - `lost`: nobody knows whether it was done.
   * - `forbidden`: nothing was done, and nothing will be until somebody changes rights or passwords.
   */
  readonly kind: 'answer' | 'refused' | 'lost' | 'forbidden';
  /** The client would fail again though the cluster may be well: another one has to take its place. */
  readonly clientIsBad: boolean;
  readonly text: string;
}

/** A call that was not answered in its time: neither the client nor the server ends some of them. */
export class NoAnswer extends Error {
  constructor(readonly afterMs: number) {
    super(`no answer in ${afterMs} ms`);
  }
}

const answers = new Set([
  'wrong-expected-version',
  'stream-not-found',
  'stream-deleted',
  'stream-tombstoned',
  'maximum-append-size-exceeded',
  'invalid-argument',
]);

/** The call never left this process: no connection, or no leader was found. */
const neverSent = /No connection established|ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|Failed to discover/;
/** The server ends one call and no more: a subscriber that it dropped, a message beyond what it takes. */
const connectionIsWell = /Client resubscription required|RESOURCE_EXHAUSTED/;
const notReady = /Server Is (Not Ready|Too Busy)/;

export const faultOf = (error: unknown): Fault => {
  const { type, code, message = '' } = error as { type?: string; code?: number; message?: string };
  const text = message || type || String(error);
  if (answers.has(type ?? '') || /BadRequest/.test(message)) return { kind: 'answer', clientIsBad: false, text };
  if (type === 'access-denied' || code === 7 || code === 16) return { kind: 'forbidden', clientIsBad: false, text };
  if (neverSent.test(message)) return { kind: 'refused', clientIsBad: true, text };
  // The client goes on to the leader by itself.
  if (type === 'not-leader' || notReady.test(message)) return { kind: 'refused', clientIsBad: false, text };
  // The server's own time-out: the cluster was busy electing, or the same append was under way twice.
  if (type === 'deadline-exceeded') return { kind: 'lost', clientIsBad: false, text };
  return { kind: 'lost', clientIsBad: !connectionIsWell.test(message), text };
};

/** The server's answer to what the adapter asks for itself: nothing that a caller did can be wrong with it. */
export const refused = (what: string, error: unknown): Error =>
  error instanceof StoreUnavailable || error instanceof OutcomeUnknown
    ? error
    : new StoreUnavailable(`the server refuses ${what}: ${faultOf(error).text}`);

/** The type that the client gives its errors: `wrong-expected-version`, `stream-not-found` … */
export const isA = (error: unknown, type: string): boolean => (error as { type?: string }).type === type;
