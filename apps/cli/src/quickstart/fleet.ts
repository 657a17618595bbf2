import { randomUUID } from 'node:crypto';
import type { Io } from '../io.js';
import { table } from '../render/table.js';
import type { Client } from '../server/client.js';

/** A machine that is only simulated, as it is enrolled. */
export interface Machine {
  readonly uuid: string;
  readonly name: string;
  readonly mac: string;
  readonly properties: {
    readonly cpu_arch: string;
    readonly cpus: number;
    readonly memory_mb: number;
    readonly local_gb: number;
  };
  readonly driver_info: Readonly<Record<string, number | string>>;
}

export const SHOWN = 'bm-01';
export const FAILING = 'bm-02';

/** Seconds that the interfaces of a simulated machine take: a hundredth of what real ones do. */
const delays = {
  fake_power_delay: 0.5,
  fake_inspect_delay: 1.5,
  fake_vendor_delay: 1.2,
  fake_bios_delay: 1.2,
  fake_deploy_delay: 2.5,
  fake_rescue_delay: 1.5,
};

/** New machines each time: their uuids are known before they are enrolled. */
export const makeFleet = (): Machine[] =>
  Array.from({ length: 10 }, (_, index) => {
    const number = String(index + 1).padStart(2, '0');
    const name = `bm-${number}`;
    return {
      uuid: randomUUID(),
      name,
      mac: `52:54:00:00:00:${number}`,
      properties: {
        cpu_arch: 'x86_64',
        cpus: index < 5 ? 32 : 64,
        memory_mb: index < 5 ? 131_072 : 262_144,
        local_gb: 960,
      },
      driver_info: { ...delays, ...(name === FAILING && { fake_deploy_fail: 'deploy' }) },
    };
  });

/** Enrols a machine with its port. */
export const enrol = async ({ mac, ...machine }: Machine, client: Client): Promise<void> => {
  await client.send('POST', '/v1/nodes', { driver: 'fake-hardware', resource_class: 'baremetal', ...machine });
  await client.send('POST', '/v1/ports', { node_uuid: machine.uuid, address: mac, pxe_enabled: true });
};

export const describeMachine = ({ name, mac, properties }: Machine): string =>
  `${name}  ${properties.cpus} cores, ${properties.memory_mb / 1024} GiB, ${properties.local_gb} GB disk, port ${mac}`;

interface Row {
  readonly name: string;
  readonly provision_state: string;
  readonly power_state: string | null;
  readonly last_error: string | null;
}

export const renderFleet = async (client: Client, { paint }: Io): Promise<string> => {
  const path = '/v1/nodes?fields=name,provision_state,power_state,last_error&sort_key=name';
  const { nodes } = await client.get<{ nodes: readonly Row[] }>(path);
  const rows = nodes.map(({ name, provision_state: state, power_state: power, last_error: error }) => [
    name,
    error ? paint.red(state) : state,
    power ?? 'not known',
  ]);
  return table(['node', 'provision state', 'power'], rows, paint);
};
