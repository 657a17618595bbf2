import type { ImportTarget } from '#event-store/kurrentdb';
import type { StoredRows } from '#event-store/sqlite';
import { MoveRefused } from './move-refused.js';
import type { Progress } from './progress.js';

/** Events that are durable together, and before the next are sent. */
const PAGE = 500;

/**
 * Copies what is missing, in the order of the source, and answers how many events that were. The target holds the first
 * events of the source: the newest of them says how many. `first` is done where there are none yet.
 */
export const copyEvents = async (
  source: StoredRows,
  target: ImportTarget,
  progress: Progress,
  first: () => Promise<void>,
): Promise<number> => {
  let position = await placeOf(source, target);
  if (position === 0) await first();
  let copied = 0;
  for (;;) {
    const rows = source.after(position, PAGE);
    if (rows.length === 0) return copied;
    await target.append(rows);
    copied += rows.length;
    ({ position } = rows.at(-1)!);
    // Positions of the embedded store have no holes.
    progress('events', position, source.count);
  }
};

const placeOf = async (source: StoredRows, target: ImportTarget): Promise<number> => {
  const newest = await target.newest();
  if (!newest) return 0;
  const same = source.at(newest.stream, newest.revision);
  if (same?.id !== newest.id)
    throw new MoveRefused(
      `Somebody else has written to the store: the data folder does not hold event ${newest.revision} of the stream ${newest.stream}. Give an empty store.`,
    );
  return same.position;
};

export const copyBlobs = async (source: StoredRows, target: ImportTarget, progress: Progress): Promise<void> => {
  const hashes = source.blobHashes();
  for (const [index, hash] of hashes.entries()) {
    await target.putBlob(source.blob(hash));
    progress('blobs', index + 1, hashes.length);
  }
};
