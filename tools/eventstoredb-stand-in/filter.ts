import { status } from '@grpc/grpc-js';
import type { LoggedEvent } from './event-log.js';
import type { WireExpression, WireFilter } from './protocol.js';
import { failure } from './refusals.js';

export type Predicate = (event: LoggedEvent) => boolean;

/** @throws Failure when the regular expression is none */
export const predicateOf = (filter: WireFilter | undefined): Predicate => {
  if (filter?.stream) return matching(filter.stream, ({ stream }) => stream);
  if (filter?.type) return matching(filter.type, ({ type }) => type);
  return () => true;
};

const matching = ({ regex, prefixes = [] }: WireExpression, subject: (event: LoggedEvent) => string): Predicate => {
  if (prefixes.length > 0) return event => prefixes.some(prefix => subject(event).startsWith(prefix));
  const expression = expressionOf(regex ?? '');
  return event => expression.test(subject(event));
};

const expressionOf = (text: string): RegExp => {
  try {
    return new RegExp(text);
  } catch {
    throw failure(status.INVALID_ARGUMENT, `Invalid pattern '${text}'.`);
  }
};
