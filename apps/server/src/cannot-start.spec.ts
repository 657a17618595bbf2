import { describe, expect, it } from '@jest/globals';
import { OutcomeUnknown, StoreUnavailable } from '#domain';
import { ConnectionStringRefused, StoreDeniesAccess } from '#event-store/kurrentdb';
import { StoreCannotBeOpened } from '#event-store/sqlite';
import { DatabaseUnusable } from '#postgres';
import { KeyStoreCannotBeOpened, WrongMasterKey } from '#secrets';
import { CannotStart, cannotStart, isAway } from './cannot-start.js';

const at = { host: '127.0.0.1', port: 6385 };
const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
const away = new DatabaseUnusable('PostgreSQL cannot be reached.', { cause: refused });

describe('What stands in the way of a start', () => {
  it.each([
    ['no connection', away],
    ['what follows from it', new StoreCannotBeOpened('The event store cannot be opened.', { cause: away })],
    ['no connection by any address', new KeyStoreCannotBeOpened('', { cause: new AggregateError([refused]) })],
    ['a connection that broke', new Error('Connection terminated unexpectedly')],
    ['a store that does not answer', new StoreUnavailable('the event store does not answer')],
    ['a store that did not say what became of it', new OutcomeUnknown('nobody knows')],
  ])('is waited for: %s', (_, error) => {
    expect(isAway(error)).toBe(true);
  });

  it.each([
    ['a newer schema', new DatabaseUnusable('The schema was written by a newer Ferrolog.'), false],
    ['another master key', new WrongMasterKey('The keys were written under another master key.'), false],
    ['no access', new StoreDeniesAccess('the event store denies access'), false],
    ['an address that is none', new ConnectionStringRefused('nodePreference has to be leader'), true],
  ])('ends it: %s', (_, error, isMisconfigured) => {
    expect(isAway(error)).toBe(false);
    const refusal = cannotStart(error, at);
    expect(refusal).toBeInstanceOf(CannotStart);
    expect(refusal).toMatchObject({ isMisconfigured, message: expect.stringMatching(/^[A-Z].*[a-z]\.$/) });
  });

  it('is told as it is where nobody foresaw it', () => {
    const defect = new TypeError('x is not a function');
    expect([isAway(defect), cannotStart(defect, at)]).toEqual([false, defect]);
  });
});
