import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportTarget, Origin } from '#event-store/kurrentdb';
import { KurrentDbImport } from '#event-store/kurrentdb';
import { PostgresImport } from '#event-store/postgres';
import type { StoredRows } from '#event-store/sqlite';
import { openStoredRows } from '#event-store/sqlite';
import { readMasterKey, SqliteKeyStore } from '#secrets';
import { PostgresKeyStore } from '#secrets/postgres';
import { SqliteWebhookPlaces } from '#telemetry';
import { PostgresWebhookPlaces } from '#telemetry/postgres';
import type { AtEnd } from '../engines/engines.js';
import type { DataDirectory } from '../data-directory.js';
import { DataDirectoryUnusable, eventsIn, takeDataDirectory } from '../data-directory.js';
import type { Compared } from './compare.js';
import { compareBlobs, compareEvents } from './compare.js';
import { copyBlobs, copyEvents } from './copy.js';
import { compareKeys, copyKeys } from './keys.js';
import { MoveRefused } from './move-refused.js';
import { copyPlaces, placeThere } from './places.js';
import type { Progress } from './progress.js';

export interface MoveOptions {
  /** The data folder; no server runs on it meanwhile. */
  readonly from: string;
  /** Address of KurrentDB/EventStoreDB or PostgreSQL: an empty one, or one that this folder was being moved to. */
  readonly to: string;
  /** Address of the PostgreSQL that keeps the keys. */
  readonly keysTo: string;
  /** The one of the folder where it is left out. */
  readonly masterKey?: string;
  /** Writes nothing: compares the folder with what was moved before. */
  readonly verifyOnly?: boolean;
  readonly progress: Progress;
}

export interface Moved extends Compared {
  readonly from: string;
  readonly storeId: string;
  /** Events that were copied just now: the others were there. */
  readonly copied: number;
  readonly blobs: number;
  readonly keys: number;
}

interface Both {
  readonly directory: DataDirectory;
  readonly source: StoredRows;
  readonly target: ImportTarget;
  readonly sourceKeys: SqliteKeyStore;
  readonly targetKeys: PostgresKeyStore;
}

/**
 * Moves the events, blobs and keys of a data folder to engines that are servers, and compares both sides afterwards.
 * May be killed at any moment and begun again: it goes on where it was. The folder stays as it is. Whoever keeps a place
 * in the events there, the eraser of keys and each webhook, goes on after the same event.
 *
 * What was moved completely is only compared: a server may have gone on from there.
 *
 * @throws MoveRefused · DataDirectoryUnusable · StoreCannotBeOpened · ConnectionStringRefused · MasterKeyUnusable ·
 *   KeyStoreCannotBeOpened · StoreUnavailable · OutcomeUnknown: after these two it may be begun again
 */
export const moveToEngines = async (options: MoveOptions): Promise<Moved> => {
  const ends: (() => unknown)[] = [];
  try {
    const both = await openBoth(options, end => void ends.push(end));
    const origin = await both.target.origin();
    requireSame(origin, both.source);
    if (options.verifyOnly && !origin) throw new MoveRefused('Nothing was moved there from this data folder.');
    const isFinal = options.verifyOnly || origin?.isComplete === true;
    const copied = isFinal ? 0 : await copy(both, origin === undefined, options.progress);
    const moved = await compare(both, options, copied, origin?.isComplete === true);
    if (!isFinal) await finish(both, options.keysTo);
    return moved;
  } finally {
    for (const end of ends.reverse()) await end();
  }
};

const openBoth = async ({ from, to, keysTo, masterKey }: MoveOptions, atEnd: AtEnd): Promise<Both> => {
  if (!existsSync(eventsIn(from))) throw new DataDirectoryUnusable(`${from} is no data folder: it holds no events.`);
  const directory = takeDataDirectory(from);
  atEnd(() => directory.release());
  if (!existsSync(directory.keys))
    throw new DataDirectoryUnusable(`${from} holds no keys: what is sealed in its events could not be opened.`);
  const master = readMasterKey(masterKey ?? join(from, 'master.key'));
  const source = openStoredRows(directory.events);
  atEnd(() => source.close());
  const sourceKeys = new SqliteKeyStore(directory.keys, master);
  atEnd(() => sourceKeys.close());
  const target = await openTarget(to);
  atEnd(() => target.close());
  const targetKeys = await PostgresKeyStore.open({ url: keysTo, master });
  atEnd(() => targetKeys.close());
  return { directory, source, target, sourceKeys, targetKeys };
};

const openTarget = (to: string): Promise<ImportTarget> =>
  /^postgres/.test(to) ? PostgresImport.open({ url: to }) : KurrentDbImport.connect({ connectionString: to });

const requireSame = (origin: Origin | undefined, { identity }: StoredRows): void => {
  if (!origin) return;
  if (origin.storeId !== identity.storeId)
    throw new MoveRefused(
      `The store holds events that were moved from another data folder (store ${origin.storeId}; this is ${identity.storeId}). Give an empty one.`,
    );
  if (origin.generation !== identity.generation)
    throw new MoveRefused('A backup was put back into the data folder since it was moved there. Give an empty store.');
};

/** Keys before blobs before the events that name them. */
const copy = async (
  { source, target, sourceKeys, targetKeys }: Both,
  isFirst: boolean,
  progress: Progress,
): Promise<number> => {
  if (isFirst) await requireEmpty(target);
  await copyKeys(sourceKeys, targetKeys, progress);
  if (isFirst) await target.begin(source.identity);
  return copyEvents(source, target, progress, () => copyBlobs(source, target, progress));
};

const requireEmpty = async (target: ImportTarget): Promise<void> => {
  const newest = await target.newest();
  if (newest)
    throw new MoveRefused(
      `The store holds other events already, the newest one in the stream ${newest.stream}. Give an empty one.`,
    );
};

const compare = async (
  { source, target, sourceKeys, targetKeys }: Both,
  { progress }: MoveOptions,
  copied: number,
  wasComplete: boolean,
): Promise<Moved> => {
  const events = await compareEvents(source, target, progress, wasComplete);
  const blobs = await compareBlobs(source, target);
  // A server that has gone on from there may have erased some.
  const keys = await compareKeys(sourceKeys, targetKeys, events.since === 0);
  return { from: source.identity.storeId, storeId: target.identity.storeId, ...events, copied, blobs, keys };
};

const finish = async ({ directory, source, target, sourceKeys, targetKeys }: Both, database: string): Promise<void> => {
  const erasedUpTo = await placeThere(source, target, sourceKeys.checkpoint.get());
  if (erasedUpTo > 0) await targetKeys.checkpoint.set(erasedUpTo);
  const targetPlaces = await PostgresWebhookPlaces.open(database, () => target.identity);
  const sourcePlaces = existsSync(directory.webhooks)
    ? new SqliteWebhookPlaces(directory.webhooks, source.identity)
    : undefined;
  try {
    await copyPlaces({ source, target, sourcePlaces, targetPlaces });
  } finally {
    sourcePlaces?.close();
    await targetPlaces.close();
  }
  await target.finish();
};
