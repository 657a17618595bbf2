import type { WorkMember, WorkMessage } from '#domain';

export interface Behaviour {
  readonly weight?: number;
  /** Runs in `handle`, after the message was written down. */
  handle?(message: WorkMessage): Promise<void> | void;
  /** Runs in `onAssigned`, before the partitions count as owned. */
  prepare?(): Promise<void> | void;
  /** Runs in `onRevoked`, after the partitions no longer count as owned. */
  tidy?(): Promise<void> | void;
}

export interface RecordingMember extends WorkMember {
  readonly owned: ReadonlySet<number>;
  /** Every partition ever told, in order. */
  readonly assigned: readonly number[];
  readonly revoked: readonly number[];
  /** Deliveries as `key position`, in order: begun, and of those the ones whose handler resolved. */
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  readonly messages: readonly WorkMessage[];
}

/**
 * A member for tests of work logs. It writes down what it is told and, as violations, what no log may ever do to a
 * member: assign what it has, revoke what it has not, hand it a message of another's partition, or a second one of a
 * key while it still has the first of the same ownership.
 */
export const recordingMember = (
  host: string,
  partitionOf: (key: string) => number,
  violations: string[],
  { weight, handle, prepare, tidy }: Behaviour = {},
): RecordingMember => {
  const owned = new Set<number>();
  const [assigned, revoked]: number[][] = [[], []];
  const [begun, ended]: string[][] = [[], []];
  const messages: WorkMessage[] = [];
  const inHand = new Map<string, object>();
  const wrong = (what: string) => violations.push(`${host}: ${what}`);
  return {
    host,
    weight,
    owned,
    assigned,
    revoked,
    begun,
    ended,
    messages,
    async onAssigned(partitions) {
      assigned.push(...partitions);
      await prepare?.();
      for (const partition of partitions) {
        if (owned.has(partition)) wrong(`assigned ${partition} twice`);
        owned.add(partition);
      }
    },
    async onRevoked(partitions) {
      revoked.push(...partitions);
      for (const partition of partitions) if (!owned.delete(partition)) wrong(`revoked ${partition} unowned`);
      for (const key of inHand.keys()) if (!owned.has(partitionOf(key))) inHand.delete(key);
      await tidy?.();
    },
    async handle(message) {
      const { key, position } = message;
      if (!owned.has(partitionOf(key))) wrong(`handed ${key} ${position} of another's partition`);
      if (inHand.has(key)) wrong(`handed ${key} ${position} while it has another one of the key`);
      const delivery = {};
      inHand.set(key, delivery);
      messages.push(message);
      begun.push(`${key} ${position}`);
      try {
        await handle?.(message);
        ended.push(`${key} ${position}`);
      } finally {
        if (inHand.get(key) === delivery) inHand.delete(key);
      }
    },
  };
};
