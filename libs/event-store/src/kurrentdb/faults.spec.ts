import { describe, expect, it } from '@jest/globals';
import { faultOf, NoAnswer } from './faults.js';

const error = (message: string, fields: { type?: string; code?: number } = {}) =>
  Object.assign(new Error(message), fields);
const kindOf = (given: Error) => faultOf(given).kind;

// The errors are those that the client gave of real servers (23.10.5 and 24.2.0, alone and as a cluster of three).
describe('An error of the client', () => {
  it('is an answer where the server judged the call', () => {
    for (const type of ['wrong-expected-version', 'stream-not-found', 'stream-deleted', 'maximum-append-size-exceeded'])
      expect(faultOf(error('', { type }))).toEqual({ kind: 'answer', clientIsBad: false, text: type });
    expect(kindOf(error('Could not recognize BadRequest', { type: 'unknown' }))).toBe('answer');
  });

  it('leaves nothing behind where the call was never sent, whichever class it has', () => {
    const refused =
      '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:2113.';
    expect(kindOf(error(refused, { type: 'unavailable', code: 14 }))).toBe('refused');
    expect(kindOf(error(refused, { code: 14 }))).toBe('refused');
    expect(faultOf(error('Failed to discover after 10 attempts.'))).toMatchObject({
      kind: 'refused',
      clientIsBad: true,
    });
  });

  it('leaves nothing behind where the node may not take it, and the client finds the leader by itself', () => {
    const notLeader = error('5 NOT_FOUND: Leader info available', { type: 'not-leader', code: 5 });
    const notReady = error('Could not recognize Server Is Not Ready', { type: 'unknown' });
    for (const each of [notLeader, notReady])
      expect(faultOf(each)).toMatchObject({ kind: 'refused', clientIsBad: false });
  });

  it('leaves the outcome open where the connection broke or nobody answered', () => {
    for (const message of [
      '14 UNAVAILABLE: read ECONNRESET',
      '14 UNAVAILABLE: Connection dropped',
      '13 INTERNAL: Received RST_STREAM with code 0 (Call ended without gRPC status)',
    ])
      expect(faultOf(error(message, { type: 'unavailable' }))).toMatchObject({ kind: 'lost', clientIsBad: true });
    expect(faultOf(new NoAnswer(700))).toMatchObject({ kind: 'lost', clientIsBad: true });
    expect(kindOf(error('8 RESOURCE_EXHAUSTED: Received message exceeds …', { type: 'unknown', code: 8 }))).toBe(
      'lost',
    );
    expect(kindOf(error('something new'))).toBe('lost');
  });

  it('says nothing against the client where the server ended one call alone', () => {
    const tooSlow =
      '10 ABORTED: Operation timed out: Consumer too slow to handle event while live. Client resubscription required.';
    for (const message of [
      tooSlow,
      '8 RESOURCE_EXHAUSTED: Received message exceeds the maximum configured message size.',
    ])
      expect(faultOf(error(message, { type: 'unknown' })).clientIsBad).toBe(false);
  });

  it("leaves it open after the server's own time-out, where the client is still good", () => {
    expect(faultOf(error('', { type: 'deadline-exceeded' }))).toEqual({
      kind: 'lost',
      clientIsBad: false,
      text: 'deadline-exceeded',
    });
  });

  it('is final where access is denied, said in three ways', () => {
    expect(kindOf(error('', { type: 'access-denied' }))).toBe('forbidden');
    expect(kindOf(error('7 PERMISSION_DENIED: Access Denied', { code: 7 }))).toBe('forbidden');
    expect(kindOf(error('16 UNAUTHENTICATED: Unauthenticated', { code: 16 }))).toBe('forbidden');
  });
});
