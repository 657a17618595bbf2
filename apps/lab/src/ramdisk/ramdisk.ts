import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { cpio, type Entry } from './cpio.js';
import { unpackPackages } from './debian-packages.js';
import { kernelModules, kernelVersion, librariesOf, programs } from './tree.js';

/** What a machine boots: a kernel and what it unpacks into its memory. */
export interface BootFiles {
  readonly kernel: string;
  readonly ramdisk: string;
}

const PACKAGES = [
  'linux-image-cloud-amd64',
  'busybox-static',
  'libstdc++6',
  'kmod',
  'fdisk',
  'util-linux',
  'e2fsprogs',
  'dosfstools',
  'qemu-utils',
  'tgt',
  'mdadm',
  'efibootmgr',
  'hdparm',
  'nvme-cli',
];

/** What the agent calls, beside what busybox has. */
const PROGRAMS =
  'sfdisk blkid wipefs blockdev partx shred mkfs.ext4 resize2fs mkfs.vfat qemu-img tgtd tgtadm mdadm efibootmgr hdparm nvme'.split(
    ' ',
  );

const MODULES =
  'virtio_pci virtio_blk virtio_scsi virtio_net virtio_rng virtio_console sd_mod nvme vfat nls_ascii nls_cp437 isofs efivarfs raid0 raid1 raid10 raid456 loop'.split(
    ' ',
  );

export interface RamdiskOptions {
  /** Where packages are kept, and the result is written. */
  readonly folder: string;
  /** The agent, one file. */
  readonly agent: string;
  /** The program that runs it: the one that the project is pinned to. */
  readonly node: string;
}

/**
 * Builds the deploy ramdisk with our agent from Debian's packages. Neither the host's packages nor its kernel are
 * touched. The same packages and the same agent give the same bytes; `manifest.json` beside it names them.
 */
export const buildRamdisk = async ({ folder, agent, node }: RamdiskOptions): Promise<BootFiles> => {
  mkdirSync(folder, { recursive: true });
  const { root, packages } = await unpackPackages(PACKAGES, folder);
  const modules = await kernelModules(root, MODULES);
  const entries: Entry[] = [
    ...(await programs(root, PROGRAMS)),
    ...busybox(root),
    ...modules.entries,
    { path: 'usr/bin/node', content: readFileSync(node), executable: true },
    ...(await librariesOf(root, [node])),
    { path: 'usr/lib/ferrolog/agent.mjs', content: readFileSync(agent) },
    { path: 'init', content: Buffer.from(init(modules.order)), executable: true },
    { path: 'etc/udhcpc.script', content: Buffer.from(UDHCPC), executable: true },
    { path: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { path: 'etc/group', content: Buffer.from('root:x:0:\n') },
    ...['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'var', 'mnt'].map(path => ({ path, content: 'folder' }) as const),
  ];
  const files = { kernel: join(folder, 'kernel'), ramdisk: join(folder, 'ramdisk.gz') };
  writeFileSync(files.kernel, readFileSync(join(root, 'boot', `vmlinuz-${kernelVersion(root)}`)));
  // Level 1 is the best trade where unpacking costs as much as transfer.
  writeFileSync(files.ramdisk, await promisify(gzip)(cpio(entries), { level: 1 }));
  const digests = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, digestOf(path)]));
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ ...digests, packages }, null, 2)}\n`);
  return files;
};

const digestOf = (path: string): string => `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;

/** One program that is many: a link for each of its names that no package brings. */
const busybox = (root: string): Entry[] => [
  { path: 'bin/busybox', content: readFileSync(join(root, 'bin/busybox')), executable: true },
  ...APPLETS.filter(name => !existsSync(join(root, 'usr/bin', name))).map((name): Entry => ({
    path: `bin/${name}`,
    content: { linkTo: 'busybox' },
  })),
];
const APPLETS =
  'sh mount umount ip udhcpc insmod cat echo ls mkdir sleep ln rm cp mv chmod dd sync reboot poweroff dmesg ps kill ping hostname date grep sed awk tar gzip gunzip head tail df du stat id env true false test touch mknod cut tr sort wc findfs chroot losetup switch_root vi less'.split(
    ' ',
  );

const init = (modules: readonly string[]): string => `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /run/lock
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
for module in ${modules.map(path => `/${path}`).join(' ')}; do insmod $module 2>/dev/null; done
[ -d /sys/firmware/efi ] && mount -t efivarfs efivarfs /sys/firmware/efi/efivars
ip link set lo up
hostname ramdisk
echo "ramdisk: up after $(cut -d ' ' -f 1 /proc/uptime) s"
for device in /sys/class/net/*; do
  name=\${device##*/}
  [ $name = lo ] && continue
  ip link set $name up
  udhcpc -i $name -s /etc/udhcpc.script -t 15 -T 1 -A 2 -b -q -n -O ntpsrv >/dev/null &
done
wait
echo "ramdisk: network after $(cut -d ' ' -f 1 /proc/uptime) s"
while :; do
  node /usr/lib/ferrolog/agent.mjs
  echo "ramdisk: the agent ended with $?"
  sleep 2
done
`;

const UDHCPC = `#!/bin/sh
case $1 in
bound | renew)
  ip address replace $ip/$mask dev $interface
  [ -n "$router" ] && ip route replace default via \${router%% *} dev $interface
  : > /etc/resolv.conf
  for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
  [ -n "$hostname" ] && hostname $hostname
  ;;
deconfig) ip address flush dev $interface ;;
esac
exit 0
`;
