import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '#domain';
import { reasonIn } from './logger.js';

describe('The reason of an error', () => {
  it('is a line, down to the first cause', () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:2113');
    // What Node.js has for a name with several addresses.
    const nowhere = new AggregateError([refused], '');
    const error = new StoreUnavailable('the event store does not answer', { cause: nowhere });
    expect(reasonIn(error)).toBe('the event store does not answer: connect ECONNREFUSED 127.0.0.1:2113');
  });
});
