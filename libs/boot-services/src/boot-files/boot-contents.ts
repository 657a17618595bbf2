import type { Content, Contents } from '../content.js';
import { grubConfig, grubEntry } from './grub-config.js';
import { ipxeEntry, ipxeScript } from './ipxe-script.js';
import type { PreparedBoot, PreparedBoots } from './prepared-boots.js';
import { pxelinuxConfig } from './pxelinux-config.js';

const text = (text: string): Content => ({ kind: 'text', text });
const mac = '[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}';

/** Names of configurations by MAC address (Ironic, deployment, 5) and what is behind them. */
const byAddress: readonly [RegExp, (boot: PreparedBoot, address: string, baseUrl: string) => string][] = [
  [
    new RegExp(`^boot/(${mac})\\.ipxe$`, 'i'),
    ({ secret, value }, address, baseUrl) =>
      ipxeScript({ ...entryOf(`${baseUrl}/nodes/${secret}`), parameters: value.boot.parameters, address }),
  ],
  [
    new RegExp(`^pxelinux\\.cfg/01-(${mac})$`, 'i'),
    ({ secret, value }, address) =>
      pxelinuxConfig({ ...entryOf(`nodes/${secret}`), parameters: value.boot.parameters, address }),
  ],
  [
    new RegExp(`^(?:grub\\.cfg-01-)?(${mac})(?:\\.conf)?$`, 'i'),
    ({ secret, value }, address) =>
      grubConfig({ ...entryOf(`nodes/${secret}`), parameters: value.boot.parameters, address }),
  ],
];

const entryOf = (folder: string) => ({ kernel: `${folder}/kernel`, ramdisk: `${folder}/ramdisk` });

/** Scripts, configurations, kernels and ramdisks of the nodes that boot; the scripts that lead to them for everybody. */
export const bootContents =
  (boots: PreparedBoots, baseUrl: string): Contents =>
  path => {
    if (path === 'boot.ipxe') return text(ipxeEntry(baseUrl));
    if (path === 'grub/grub.cfg') return text(grubEntry);
    for (const [pattern, write] of byAddress) {
      const address = pattern.exec(path)?.[1]?.toLowerCase().replaceAll('-', ':');
      const boot = address === undefined ? undefined : boots.ofAddress(address);
      if (boot) return text(write(boot, address!, baseUrl));
    }
    const [, secret, name] = /^nodes\/([0-9a-f]{32})\/(kernel|ramdisk)$/.exec(path) ?? [];
    const file = secret && boots.file(secret, name as 'kernel' | 'ramdisk');
    return file ? { kind: 'file', path: file } : undefined;
  };
