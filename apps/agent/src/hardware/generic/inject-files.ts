import { chown, mkdir, open, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isBag } from '../../api/command.js';
import { identifyFileSystem } from '../../image/file-system.js';
import { readPartitionTable } from '../../image/partition-table/partition-table.js';
import { exchangeBytes } from '../../lookup/http.js';
import { trustOf } from '../../lookup/trust.js';
import { exists } from '../../machine/files.js';
import { tryRun } from '../../machine/run-command.js';
import { deploymentError, deviceNotFound, invalidParameters } from '../../problem.js';
import type { Call } from '../hardware-manager.js';
import { partitionDevice } from '../inventory/disks.js';
import type { Disk } from '../inventory/inventory.js';

interface InjectedFile {
  readonly path: string;
  readonly content?: string;
  /** A number, a device, or the label of a file system; absent: where `/etc` is. */
  readonly partition?: string | number;
  readonly deleted: boolean;
  readonly mode: number;
  readonly dirmode: number;
  readonly owner?: number;
  readonly group?: number;
}

const mode = (value: unknown, fallback: number): number =>
  typeof value === 'number' ? value : typeof value === 'string' ? parseInt(value, 8) : fallback;

const parse = (file: unknown): InjectedFile => {
  if (!isBag(file) || typeof file.path !== 'string' || !file.path.startsWith('/')) {
    throw invalidParameters('each of the files needs an absolute path.');
  }
  return {
    path: file.path,
    content: typeof file.content === 'string' ? file.content : undefined,
    partition: file.partition as string | number | undefined,
    deleted: file.deleted === true,
    mode: mode(file.mode, 0o644),
    dirmode: mode(file.dirmode, 0o755),
    owner: typeof file.owner === 'number' ? file.owner : undefined,
    group: typeof file.group === 'number' ? file.group : undefined,
  };
};

/** The partitions of the disk in the order in which they are tried for a file. */
const candidates = async (call: Call, file: InjectedFile): Promise<string[]> => {
  const { partition } = file;
  if (typeof partition === 'string' && partition.startsWith('/dev/')) return [partition];
  const disk = await call.hardware.dispatch<Disk>('get_os_install_device', { node: call.node });
  const handle = await open(disk.name, 'r');
  try {
    const found: string[] = [];
    for (const one of (await readPartitionTable(handle))?.partitions ?? []) {
      const label = (await identifyFileSystem(handle, one.startBytes))?.label;
      const wanted = partition === undefined || Number(partition) === one.number || partition === label;
      if (wanted) found.push(partitionDevice(disk.name, one.number));
    }
    return found;
  } finally {
    await handle.close();
  }
};

/** A link in the image must not lead out of it: what is written is looked up inside the mounted root only. */
const inside = async (root: string, path: string): Promise<string> => {
  const target = join(root, join('/', path));
  const folder = await realpath(dirname(target)).catch(() => undefined);
  if (folder && folder !== root && !folder.startsWith(`${root}/`)) {
    throw deploymentError(`${path} leads out of the image`);
  }
  return target;
};

const apply = async (call: Call, file: InjectedFile, root: string): Promise<void> => {
  const target = await inside(root, file.path);
  if (file.deleted) return rm(target, { force: true, recursive: true });
  await mkdir(dirname(target), { recursive: true, mode: file.dirmode });
  await writeFile(target, await contentOf(call, file), { mode: file.mode });
  if (file.owner !== undefined || file.group !== undefined) await chown(target, file.owner ?? 0, file.group ?? 0);
};

const contentOf = async (call: Call, file: InjectedFile): Promise<Buffer> => {
  if (!file.content || !/^https?:\/\//i.test(file.content)) return Buffer.from(file.content ?? '', 'base64');
  const trust = call.args.verify_ca === false ? { insecure: true } : await trustOf(call.parameters);
  const timeoutMs = call.parameters.httpRequestTimeout * 1000;
  const answer = await exchangeBytes({ url: file.content, trust, timeoutMs });
  if (answer.status !== 200) throw deploymentError(`${file.content} was answered ${answer.status}`);
  return answer.bytes;
};

/** Mounts partitions one after another until one takes the file: without a wish, the one that has `/etc`. */
const inject = async (call: Call, file: InjectedFile): Promise<void> => {
  const root = join(call.machine.roots.tmp, 'inject-files');
  await mkdir(root, { recursive: true });
  for (const device of await candidates(call, file)) {
    if ((await tryRun(call.machine.run, 'mount', [device, root])) === undefined) continue;
    try {
      if (file.partition === undefined && !(await exists(join(root, 'etc')))) continue;
      return await apply(call, file, root);
    } finally {
      await tryRun(call.machine.run, 'umount', [root]);
    }
  }
  throw deviceNotFound(`no partition takes the file ${file.path}`);
};

/** Files from the step's arguments, and those of the node's `properties.inject_files`. */
export const injectFiles = async (call: Call): Promise<void> => {
  const ofNode = isBag(call.node.properties) ? call.node.properties.inject_files : undefined;
  const given = [ofNode, call.args.files].flatMap(list => (Array.isArray(list) ? (list as unknown[]) : []));
  for (const file of given.map(parse)) await inject(call, file);
};
