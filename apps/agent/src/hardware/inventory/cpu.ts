import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { readNumber, readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import type { Cpu } from './inventory.js';

/** Node's names of architectures, and the kernel's, which Ironic uses. */
const architectures: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64', ppc64: 'ppc64le', ia32: 'i686' };

/** `/proc/cpuinfo`: a block of `key : value` lines per processor. */
const blocks = (text: string): Map<string, string>[] =>
  text
    .split(/\n\s*\n/)
    .map(block => new Map(block.split('\n').map(line => line.split(/\s*:\s*/, 2) as [string, string])))
    .filter(block => block.has('processor'));

export const readCpu = async (machine: Machine): Promise<Cpu> => {
  const processors = blocks((await readText(join(machine.roots.proc, 'cpuinfo'))) ?? '');
  const first = processors[0] ?? new Map<string, string>();
  const maximumKhz = await readNumber(join(machine.roots.sys, 'devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq'));
  const sockets = new Set(processors.map(processor => processor.get('physical id')).filter(id => id !== undefined));
  return {
    model_name: first.get('model name') ?? cpus()[0]?.model ?? '',
    frequency: maximumKhz ? String(maximumKhz / 1000) : (first.get('cpu MHz') ?? null),
    count: processors.length || cpus().length,
    architecture: architectures[arch()] ?? arch(),
    flags: (first.get('flags') ?? first.get('Features') ?? '').split(/\s+/).filter(flag => flag !== ''),
    socket_count: sockets.size || null,
  };
};
