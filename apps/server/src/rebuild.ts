import { existsSync } from 'node:fs';
import type { Rebuilt } from '#apps/projector';
import { ReadSide } from '#apps/projector';
import { SqliteEventStore } from '#event-store/sqlite';
import { systemClock } from './clock.js';
import { DataDirectoryUnusable, eventsIn, takeDataDirectory } from './data-directory.js';

/**
 * Builds the read model of a data folder anew while no server runs on it.
 *
 * @throws DataDirectoryUnusable when there are no events, or a server runs on them; StoreCannotBeOpened
 */
export const rebuildReadModel = async (path: string): Promise<Rebuilt> => {
  if (!existsSync(eventsIn(path))) throw new DataDirectoryUnusable(`${path} is no data folder: it holds no events.`);
  const directory = takeDataDirectory(path);
  try {
    return await rebuild(path, directory.events);
  } finally {
    directory.release();
  }
};

const rebuild = async (path: string, events: string): Promise<Rebuilt> => {
  const store = new SqliteEventStore({ path: events, clock: systemClock });
  try {
    // Opening first, not deleting: by what is there it sees whether a backup of the events was put back.
    const readSide = await ReadSide.open(path, events, store, { rebuild: nothing, fault: nothing });
    try {
      return await readSide.rebuild();
    } finally {
      await readSide.close();
    }
  } finally {
    await store.close();
  }
};

const nothing = () => undefined;
