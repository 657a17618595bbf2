import pg from 'pg';

/**
 * The server itself said that the statement failed, and goes on: nothing of it was written. A session that ends
 * (FATAL), a lost connection or a time that ran out say nothing about a commit that was under way.
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR' && !/^(08|40003)/.test(error.code ?? '');

/**
 * What was to be written can never be: data exceptions and exceeded limits (PostgreSQL, appendix A, classes 22 and 54).
 */
export const isOfItsContent = (error: unknown): boolean => isRefusal(error) && /^(22|54)/.test(codeOf(error));

/** What went wrong in a few words. Never what was sent, nor how to log in. */
export const explained = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return explained(error.errors[0]);
  const { message } = error as Error;
  return message === '' ? codeOf(error) : message;
};

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
