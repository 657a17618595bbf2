import type { ProblemDetails, ProblemKind } from '#domain';
import { EventTooLarge, OutcomeUnknown, Problem, problemKinds, StoreUnavailable } from '#domain';
import { isUnreachable } from '#postgres/errors';

/** A refusal by HTTP's own rules: nothing of the domain was asked. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const badRequest = (message: string): HttpRefusal => new HttpRefusal(400, message);
export const notAcceptable = (message: string): HttpRefusal => new HttpRefusal(406, message);
export const notFound = (message: string): HttpRefusal => new HttpRefusal(404, message);

const statuses: Readonly<Record<ProblemKind, number>> = {
  invalid: 400,
  forbidden: 403,
  missing: 404,
  version: 406,
  conflict: 409,
  mismatch: 422,
  unavailable: 503,
};

/** Failures of the hardware are the server's, not the client's (Ironic API reference). */
const statusOf = ({ code }: ProblemDetails): number =>
  code === 'hardware.failed' ? 500 : statuses[problemKinds[code]];

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Pick<ProblemDetails, 'title' | 'detail'> & Partial<ProblemDetails>;
  /** What operators are to learn of it: nothing, that an engine is away, or everything, as nobody foresaw it. */
  readonly logged: 'nothing' | 'reason' | 'whole';
}

/** Any error as status, headers and problem. What nobody foresaw tells the client nothing about the inside. */
export const answerTo = (error: unknown): ErrorAnswer => {
  if (error instanceof Problem)
    return {
      status: statusOf(error.details),
      headers: problemKinds[error.code] === 'unavailable' ? { 'retry-after': '5' } : {},
      problem: error.details,
      logged: 'nothing',
    };
  if (error instanceof HttpRefusal)
    return {
      status: error.status,
      headers: error.headers,
      problem: { title: error.message, detail: error.message },
      logged: 'nothing',
    };
  const away = awayIn(error);
  if (away)
    return { status: 503, headers: { 'retry-after': '5' }, problem: { title: away, detail: away }, logged: 'reason' };
  if (error instanceof EventTooLarge)
    return {
      status: 400,
      headers: {},
      problem: { title: 'The request is too large to be recorded', detail: error.message },
      logged: 'nothing',
    };
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return {
      status: statusCode,
      headers: {},
      problem: { title: message ?? '', detail: message ?? '' },
      logged: 'nothing',
    };
  const detail = 'The server failed to answer this request. Its log says why, by the request id.';
  return { status: 500, headers: {}, problem: { title: detail, detail }, logged: 'whole' };
};

/** What cannot be reached, as a sentence: everything that the server stands on comes back some day. */
const awayIn = (error: unknown): string | undefined => {
  if (error instanceof OutcomeUnknown)
    return 'The event store did not say whether it took this request: look before you repeat it.';
  if (error instanceof StoreUnavailable || isUnreachable(error))
    return `The server cannot reach ${error instanceof StoreUnavailable ? 'its event store or keys' : 'its database'} at the moment: repeat the request later.`;
  return undefined;
};

/** Ironic's envelope: JSON in a text in JSON (Ironic API reference). */
export const ironicEnvelope = (status: number, message: string): string =>
  JSON.stringify({
    error_message: JSON.stringify({
      faultcode: status < 500 ? 'Client' : 'Server',
      faultstring: message,
      debuginfo: null,
    }),
  });

/** What Ironic's router answers with, before any controller. */
export const routerEnvelope = (status: number, title: string, description = ''): string =>
  JSON.stringify({ error_message: JSON.stringify({ code: status, title, description }) });

/** Bodies that are refused before they are looked at. */
export const bareEnvelope = (message: string): string => JSON.stringify({ faultcode: 'Client', faultstring: message });

/** RFC 9457, for the API that is Ferrolog's own. */
export const problemJson = (status: number, { code, title, detail, hint }: ErrorAnswer['problem']): string =>
  JSON.stringify({ type: code ? `https://ferrolog.dev/problems/${code}` : 'about:blank', title, status, detail, hint });
