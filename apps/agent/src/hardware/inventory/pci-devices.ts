import { join } from 'node:path';
import { listFolder, readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';

export interface PciDevice {
  readonly vendor_id: string;
  readonly product_id: string;
  readonly class: string;
  readonly revision: string;
  readonly bus: string;
}

const hex = (text: string | undefined): string => (text ?? '').replace(/^0x/, '');

export const listPciDevices = async (machine: Machine): Promise<PciDevice[]> => {
  const folder = join(machine.roots.sys, 'bus/pci/devices');
  return Promise.all(
    (await listFolder(folder)).map(async bus => {
      const read = async (file: string): Promise<string> => hex(await readText(join(folder, bus, file)));
      return {
        vendor_id: await read('vendor'),
        product_id: await read('device'),
        class: await read('class'),
        revision: await read('revision'),
        bus,
      };
    }),
  );
};
