import { assign } from '#hash-ring';

/**
 * Whose work it is to be as long as the work log cannot say: whoever of the living conductors the ring gives it to.
 * Only a name for the record, so that commands need the event store alone: a conductor works on what the log gave it,
 * and its claim says who it was.
 */
export const expectedOwner = (hosts: readonly string[], partition: number, partitions: number): string | undefined => {
  const members = hosts.map(host => ({ host }));
  return [...assign(members, partitions)].find(([, own]) => own.includes(partition))?.[0];
};
