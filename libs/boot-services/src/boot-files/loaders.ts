import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contents } from '../content.js';

/** What a firmware loads first: without iPXE, PXELINUX and its one library, or GRUB. */
export const firstLoaders = [
  'undionly.kpxe',
  'snponly.efi',
  'ipxe.efi',
  'pxelinux.0',
  'ldlinux.c32',
  'bootx64.efi',
  'grubx64.efi',
] as const;

/** From the first folder that has it. */
export const loadersFrom =
  (folders: readonly string[]): Contents =>
  path => {
    const name = firstLoaders.find(each => each === path);
    const found = name && folders.map(folder => join(folder, name)).find(existsSync);
    return found === undefined ? undefined : { kind: 'file', path: found };
  };
