import { describe, expect, it } from '@jest/globals';
import type { StoredRow } from '../import-target.js';
import { runsOf } from './kurrentdb-import.js';

describe('What is appended at once in an import', () => {
  const row = (stream: string, revision: number, sizeBytes = 2) =>
    ({ stream, revision, data: 'x'.repeat(sizeBytes), metadata: '' }) as StoredRow;
  const runs = (...rows: StoredRow[]) =>
    runsOf(rows, 100).map(run => run.map(({ stream, revision }) => `${stream}/${revision}`));

  it('is of one stream and follows each other, so that the order of the whole store is kept', () =>
    expect(runs(row('a', 0), row('a', 1), row('b', 0), row('a', 2))).toEqual([['a/0', 'a/1'], ['b/0'], ['a/2']]));

  it('is no more than the server takes', () =>
    expect(runs(row('a', 0, 60), row('a', 1, 40), row('a', 2), row('a', 3, 200))).toEqual([
      ['a/0', 'a/1'],
      ['a/2'],
      ['a/3'],
    ]));

  it('is nothing of nothing', () => expect(runs()).toEqual([]));
});
