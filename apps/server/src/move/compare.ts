import { createHash } from 'node:crypto';
import type { ImportTarget, StoredRow } from '#event-store/kurrentdb';
import type { StoredRows } from '#event-store/sqlite';
import { MoveRefused } from './move-refused.js';
import type { Progress } from './progress.js';

const PAGE = 1_000;

export interface Compared {
  /** Events of the folder; all of them are in the target, in the same order. */
  readonly events: number;
  /** Events that the target holds beyond those: a server has gone on from there. */
  readonly since: number;
  /** SHA-256 of these events, which is the same of both sides, hexadecimal: stream, revision, id, type, recorded, data, metadata. */
  readonly digest: string;
}

/**
 * Reads both sides from end to end.
 *
 * @throws MoveRefused with the first place where they differ
 */
export const compareEvents = async (
  source: StoredRows,
  target: ImportTarget,
  progress: Progress,
  mayHaveGoneOn: boolean,
): Promise<Compared> => {
  const digest = createHash('sha256');
  const there = eventsOf(target);
  let events = 0;
  for (let position = 0; ;) {
    const rows = source.after(position, PAGE);
    if (rows.length === 0) break;
    for (const row of rows) {
      const { value: copy } = await there.next();
      const line = said(row);
      if (!copy || said(copy) !== line) throw different(row, copy);
      digest.update(line);
      events++;
    }
    ({ position } = rows.at(-1)!);
    progress('verified', events, source.count);
  }
  let since = 0;
  for await (const row of there) {
    if (!mayHaveGoneOn) throw different(undefined, row);
    since++;
  }
  return { events, since, digest: digest.digest('hex') };
};

/** @throws MoveRefused */
export const compareBlobs = async (source: StoredRows, target: ImportTarget): Promise<number> => {
  const hashes = source.blobHashes();
  for (const hash of hashes) {
    const content = await target.blob(hash, source.blob(hash).byteLength);
    if (createHash('sha256').update(content).digest('hex') !== hash)
      throw new MoveRefused(`The blob ${hash} is not the same in the store.`);
  }
  return hashes.length;
};

async function* eventsOf(target: ImportTarget): AsyncGenerator<StoredRow, undefined> {
  for (let position = 0; ;) {
    const rows = await target.after(position, PAGE);
    if (rows.length === 0) return undefined;
    yield* rows;
    ({ position } = rows.at(-1)!);
  }
}

/** One line for all that has to be the same. Positions are each store's own; JSON may be written in more than one way. */
const said = ({ stream, revision, id, type, recorded, data, metadata }: StoredRow): string =>
  `${JSON.stringify([stream, revision, id, type, recorded, JSON.parse(data), JSON.parse(metadata)])}\n`;

const different = (row: StoredRow | undefined, copy: StoredRow | undefined): MoveRefused => {
  const here = row ? `event ${row.revision} of the stream ${row.stream}` : 'nothing';
  const there = copy ? `event ${copy.revision} of the stream ${copy.stream}` : 'nothing';
  return new MoveRefused(
    here === there
      ? `The store does not hold the same: ${here} differs.`
      : `The store does not hold the same: in the place of ${here} it has ${there}.`,
  );
};
