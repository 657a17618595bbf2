import { readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

/** CPU seconds that a process and its threads have used (proc(5), stat fields 14 and 15). */
export const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
};

/** Resident memory, MiB. */
export const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** What a piece of work cost the server. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** CPU is that of all the processes together; not a number where none is named. */
export const measured = async (pids: readonly number[], work: () => Promise<unknown>): Promise<Cost> => {
  const spent = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = spent();
  const began = performance.now();
  await work();
  return {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: pids.length === 0 ? Number.NaN : spent() - before,
  };
};
