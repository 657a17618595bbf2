import { every } from '#apps/conductor';
import { catalogOfFleet } from '../fleet-catalog-refresh.js';
import type { RoleParts } from './role.js';

const EVERY_MS = 2_000;

/** Knows what the conductors of other processes offer, from before the first request on. */
export const followFleet = async ({ engines, decisions, clock, logger, atEnd }: RoleParts): Promise<void> => {
  const { store, telemetry, readSide } = engines;
  const ports = { readModel: () => readSide.current, blobs: store, telemetry, clock };
  const refresh = catalogOfFleet(ports, decisions.catalog);
  const look = () =>
    refresh().catch((error: unknown) => logger.warn({ error }, 'the conductors of the fleet cannot be seen'));
  await look();
  atEnd(every(clock, EVERY_MS, look));
};
