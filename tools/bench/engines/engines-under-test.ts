import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masterKeyOf, startEngines, stopEngines } from '../../engines/engines.js';

/** Addresses of engines that nobody else uses, as Ferrolog takes them. */
export interface EnginesUnderTest {
  readonly folder: string;
  readonly brokers: readonly string[];
  readonly postgres: string;
  readonly kurrentDb: string;
  readonly masterKey: string;
}

/** What `KURRENTDB_URL` names in place of the stand-in: its events stay there. */
export const realKurrentDb = process.env.KURRENTDB_URL;

/** Kafka, PostgreSQL and the stand-in, empty, for as long as the work takes. Every commit of PostgreSQL waits for the disk. */
export const onEngines = async <T>(work: (engines: EnginesUnderTest) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolog-bench-engines-'));
  try {
    const { kafka, postgres, eventStore } = await startEngines({ folder, brokers: 1 });
    return await work({
      folder,
      brokers: kafka.address.split(','),
      postgres: postgres.address,
      kurrentDb: realKurrentDb ?? eventStore.address,
      masterKey: masterKeyOf(folder),
    });
  } finally {
    await stopEngines(folder);
    rmSync(folder, { recursive: true, force: true });
  }
};
