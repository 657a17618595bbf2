import type { BlobStore, Clock, ConductorRecord, DriverManifest, RegisterConductor, Telemetry } from '#domain';
import type { CommandHandler } from '#command-handler';
import { rootCause } from '#command-handler';
import { randomUUID } from 'node:crypto';
import { every } from './periodic.js';

export interface RegistrationPorts {
  readonly host: string;
  readonly conductorGroup: string;
  readonly manifests: readonly DriverManifest[];
  readonly conductors: CommandHandler<ConductorRecord, RegisterConductor, object>;
  readonly blobs: BlobStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

const HEARTBEAT_MS = 10_000;

/** Tells the fleet what this conductor can drive, and that it lives. Answers how to say good-bye. */
export const register = async (ports: RegistrationPorts): Promise<() => void> => {
  const manifest = await ports.blobs.put(Buffer.from(JSON.stringify(ports.manifests)));
  const command: RegisterConductor = {
    type: 'RegisterConductor',
    conductorGroup: ports.conductorGroup,
    hardwareTypes: ports.manifests.map(({ hardwareType }) => hardwareType).sort(),
    manifest: { ...manifest },
  };
  await ports.conductors.handle(ports.host, command, rootCause(randomUUID(), { kind: 'conductor', id: ports.host }));
  const live = () => ports.telemetry.conductorSeen(ports.host, ports.clock.now());
  live();
  const end = every(ports.clock, HEARTBEAT_MS, live);
  return () => {
    end();
    ports.telemetry.conductorGone(ports.host);
  };
};
