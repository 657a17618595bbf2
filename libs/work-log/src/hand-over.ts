import type { WorkMember } from '#domain';
import { WorkLogFault, type WorkLogOptions } from './work-log-options.js';

/** Waits up to the bound on hand-overs, reports what takes longer, and goes on. */
export const inTime = (
  { clock, handOverTimeoutMs, onFault }: Required<WorkLogOptions>,
  what: string,
  promise: Promise<unknown>,
): Promise<unknown> => {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(handOverTimeoutMs, () => {
    onFault(new WorkLogFault(`${what} took over ${handOverTimeoutMs} ms.`));
    late.resolve();
  });
  return Promise.race([promise.finally(cancel), late.promise]);
};

/** Tells a member what it gained or lost. That it rejects is reported, and changes nothing. */
export const tell = async (
  { onFault }: Required<WorkLogOptions>,
  topic: string,
  member: WorkMember,
  what: 'onAssigned' | 'onRevoked',
  partitions: readonly number[],
): Promise<void> => {
  try {
    await member[what](partitions);
  } catch (cause) {
    onFault(new WorkLogFault(`${what} of ${member.host} on ${topic} rejected.`, { cause }));
  }
};
