import type { BlobReference, BlobStore, Clock, DriverManifest, Telemetry } from '#domain';
import { CONDUCTOR_LIFE_MS } from '#domain';
import type { FleetCatalog } from '#drivers';
import type { ReadModel } from '#read-model';

export interface CatalogPorts {
  readonly readModel: () => Pick<ReadModel, 'conductors'>;
  readonly blobs: BlobStore;
  readonly telemetry: Pick<Telemetry, 'conductors'>;
  readonly clock: Clock;
}

/**
 * Keeps the catalog as the fleet is: what the living conductors registered, whichever process they are. Answers how to
 * bring it up to date.
 */
export const catalogOfFleet = ({ readModel, blobs, telemetry, clock }: CatalogPorts, catalog: FleetCatalog) => {
  /** By host, the manifest that the catalog has; absent while the conductor does not live. */
  const known = new Map<string, string>();
  catalog.hasSeenFleet(false);
  const conductors = () => readModel().conductors.all();
  return async (): Promise<void> => {
    const seen = telemetry.conductors();
    for (const { hostname: host, conductor_group: conductorGroup, manifest, drivers } of await conductors()) {
      const isAlive = clock.now() - (seen.get(host) ?? 0) < CONDUCTOR_LIFE_MS;
      if (!isAlive) {
        if (known.delete(host)) catalog.remove(host);
        catalog.putAway(host, conductorGroup, JSON.parse(drivers) as string[]);
        continue;
      }
      const offer = `${conductorGroup}/${manifest}`;
      if (known.get(host) === offer) continue;
      const content = await blobs.get(JSON.parse(manifest) as BlobReference);
      const manifests = JSON.parse(Buffer.from(content).toString('utf8')) as DriverManifest[];
      catalog.put({ host, conductorGroup, manifests });
      known.set(host, offer);
    }
    catalog.hasSeenFleet(true);
  };
};
