/**
 * The server itself said that the statement failed, and goes on: nothing of it was written. A session that ends
 * (FATAL), a lost connection or a time that ran out say nothing about a commit that was under way.
 */
export const isRefusal = (error: unknown): boolean =>
  isOfTheServer(error) && error.severity === 'ERROR' && !/^(08|40003)/.test(error.code ?? '');

/**
 * What was to be written can never be: data exceptions and exceeded limits (PostgreSQL, appendix A, classes 22 and 54).
 */
export const isOfItsContent = (error: unknown): boolean => isRefusal(error) && /^(22|54)/.test(codeOf(error));

/**
 * Whether the server is away or takes nobody at this moment, so that asking again later may be answered: said by the
 * error, or by what it was caused by. Refused credentials, and a database that there is not, stay as they are.
 */
export const isUnreachable = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  if (isOfTheServer(error)) return REFUSED_FOR_NOW.test(error.code ?? '');
  // `errors` of a name with several addresses; `driverError` is TypeORM's way to say by what.
  const {
    message = '',
    cause,
    driverError,
    errors = [],
  } = error as Partial<AggregateError> & { driverError?: unknown };
  if (NETWORK.has(codeOf(error)) || LOST.test(message)) return true;
  return [cause, driverError, ...(errors as unknown[])].some(isUnreachable);
};

/** PostgreSQL, appendix A: connections, too many of them, a time that ran out, starting and shutting down. */
const REFUSED_FOR_NOW = /^(08|53300|55P03|57014|57P0[1-5])/;
const NETWORK = new Set(
  'ECONNREFUSED ECONNRESET ENOTFOUND EAI_AGAIN ETIMEDOUT EHOSTUNREACH ENETUNREACH EPIPE'.split(' '),
);
/** What the client says itself, without a code. */
const LOST =
  /^(Connection terminated|timeout e(xpired|xceeded)|Query read timeout|Client (was closed|has encountered a connection error))/;

/** What went wrong in a few words. Never what was sent, nor how to log in. */
export const explained = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return explained(error.errors[0]);
  const { message } = error as Error;
  return message === '' ? codeOf(error) : message;
};

/** What the server answered, as the client passes it on; told by its shape, so that nobody loads the client to ask. */
const isOfTheServer = (error: unknown): error is Error & { severity: string; code?: string } =>
  error instanceof Error && 'severity' in error;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
