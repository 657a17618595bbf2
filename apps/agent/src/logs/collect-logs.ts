import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine/machine.js';
import { tryRun } from '../machine/run-command.js';
import { tarGz, type TarEntry } from './tar.js';

const programs: readonly (readonly [string, string, ...string[]])[] = [
  ['dmesg', 'dmesg'],
  ['ip-addr', 'ip', 'addr'],
  ['ip-route', 'ip', 'route'],
  ['lsblk', 'lsblk', '--all', '--output-all'],
  ['lspci', 'lspci', '-nn'],
  ['mdadm', 'mdadm', '--detail', '--scan'],
  ['efibootmgr', 'efibootmgr', '-v'],
  ['ps', 'ps'],
];

const files = ['cmdline', 'cpuinfo', 'meminfo', 'mounts', 'partitions', 'modules', 'net/dev'];

/** The agent token stands on the kernel line of virtual media; whoever reads logs must not be able to command agents. */
export const withoutTokens = (text: string): string => text.replace(/(ipa[-_]agent[-_]token=)\S+/g, '$1******');

const fileEntries = (machine: Machine): Promise<TarEntry[]> =>
  Promise.all(
    files.map(async name => ({
      name: `proc/${name.replace('/', '-')}`,
      content: await readFile(join(machine.roots.proc, name)).catch(() => Buffer.alloc(0)),
    })),
  );

/** The logs of the ramdisk, as base64 of a tar.gz: the shape of `log.collect_system_logs` and of an inspection. */
export const collectLogs = async (machine: Machine): Promise<string> => {
  const outputs: TarEntry[] = [];
  for (const [name, program, ...args] of programs) {
    const output = await tryRun(machine.run, program, args, { timeoutMs: 10_000 });
    if (output) outputs.push({ name, content: Buffer.from(output) });
  }
  const own = [
    { name: 'agent.log', content: Buffer.from(machine.journal.text()) },
    { name: 'commands.log', content: Buffer.from(machine.journal.commandsText()) },
  ];
  const entries = [...own, ...(await fileEntries(machine)), ...outputs].filter(entry => entry.content.length > 0);
  const clean = entries.map(entry => ({ ...entry, content: Buffer.from(withoutTokens(entry.content.toString())) }));
  return tarGz(clean, new Date()).toString('base64');
};
