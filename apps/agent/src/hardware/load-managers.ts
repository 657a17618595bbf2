import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Journal } from '../logs/journal.js';
import { listFolder } from '../machine/files.js';
import type { HardwareManager } from './hardware-manager.js';

const isManager = (value: unknown): value is HardwareManager => {
  const manager = value as Partial<HardwareManager> | null | undefined;
  return (
    typeof manager === 'object' &&
    typeof manager?.name === 'string' &&
    typeof manager.versionName === 'string' &&
    typeof manager.version === 'string' &&
    typeof manager.evaluateSupport === 'function' &&
    typeof manager.methods === 'object'
  );
};

/**
 * The default exports of all `.mjs` files of a folder. One that cannot be loaded is left out and named in the log: a
 * machine must not be lost to somebody's plug-in.
 */
export const loadManagers = async (folder: string, journal: Journal): Promise<HardwareManager[]> => {
  const managers: HardwareManager[] = [];
  for (const file of (await listFolder(folder)).filter(name => name.endsWith('.mjs'))) {
    try {
      const module = (await import(pathToFileURL(join(folder, file)).href)) as { default?: unknown };
      if (!isManager(module.default)) throw new Error('its default export is no hardware manager');
      managers.push(module.default);
    } catch (error) {
      journal.info(`hardware manager ${file} is left out: ${String(error)}`);
    }
  }
  return managers;
};
