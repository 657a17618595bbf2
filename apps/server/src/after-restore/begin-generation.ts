import { existsSync } from 'node:fs';
import type { Configuration } from '#configuration';
import { EMBEDDED } from '#configuration';
import type { StoreIdentity } from '#domain';
import { cannotStart } from '../cannot-start.js';
import { systemClock } from '../clock.js';
import { DataDirectoryUnusable, eventsIn, takeDataDirectory } from '../data-directory.js';
import type { OpenedStore } from '../engines/open-store.js';
import { openStore } from '../engines/open-store.js';

/**
 * Begins a new generation of the configured store's positions: those of before are refused from the next start of a
 * process on. For a backup that nothing can tell, because the read model was put back with the events.
 *
 * @throws DataDirectoryUnusable where there are no events, or a server runs on them · CannotStart
 */
export const beginGeneration = async (
  configuration: Pick<Configuration, 'data' | 'eventStore' | 'host' | 'port'>,
): Promise<StoreIdentity> => {
  const { data, eventStore } = configuration;
  if (eventStore !== EMBEDDED.eventStore) return begin(() => openStore(eventStore, '', systemClock), configuration);
  if (!existsSync(eventsIn(data))) throw new DataDirectoryUnusable(`${data} is no data folder: it holds no events.`);
  const directory = takeDataDirectory(data);
  try {
    return await begin(() => openStore(eventStore, directory.events, systemClock), configuration);
  } finally {
    directory.release();
  }
};

const begin = async (
  open: () => Promise<OpenedStore>,
  address: Pick<Configuration, 'host' | 'port'>,
): Promise<StoreIdentity> => {
  try {
    const store = await open();
    try {
      await store.beginGeneration();
      return { ...store.identity };
    } finally {
      await store.close();
    }
  } catch (error) {
    throw cannotStart(error, address);
  }
};
