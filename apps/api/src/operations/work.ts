import type { ApiPorts } from '../ports.js';

/** Nobody who looks after a sick fleet waits longer for what one engine does not tell. */
const PATIENCE_MS = 2_000;

/** Work of one conductor group and hardware type: who has it, and how much of it waits. */
export interface WorkShare {
  readonly conductor_group: string;
  readonly hardware_type: string;
  readonly partitions: number;
  /** Number of partitions by the host that owns them. */
  readonly owners: Readonly<Record<string, number>>;
  /** Partitions that nobody owns: no node in them can be worked on. */
  readonly unowned: number;
  /** Wake-ups that are not finished; null where the work log does not say. */
  readonly waiting: number | null;
}

export type Kind = Pick<WorkShare, 'conductor_group' | 'hardware_type'>;

/** What conductors registered for, in whatever state they are. */
export const registeredKinds = async ({ readModel }: Pick<ApiPorts, 'readModel'>): Promise<Kind[]> =>
  (await readModel().conductors.all()).flatMap(({ conductor_group, drivers }) =>
    (JSON.parse(drivers) as string[]).map(hardware_type => ({ conductor_group, hardware_type })),
  );

/** Each kind once. */
export const sharesOf = (kinds: readonly Kind[], work: ApiPorts['work']): Promise<WorkShare[]> => {
  const distinct = new Map(kinds.map(kind => [`${kind.conductor_group}/${kind.hardware_type}`, kind]));
  return Promise.all(
    [...distinct.values()].map(async ({ conductor_group, hardware_type }) => {
      const owners: Record<string, number> = {};
      for (const host of work.owners(conductor_group, hardware_type).values()) owners[host] = (owners[host] ?? 0) + 1;
      const owned = Object.values(owners).reduce((sum, count) => sum + count, 0);
      const waiting = await inTime(work.lag(conductor_group, hardware_type));
      const { partitions } = work;
      return { conductor_group, hardware_type, partitions, owners, unowned: partitions - owned, waiting };
    }),
  );
};

const inTime = async (answer: Promise<number>): Promise<number | null> => {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), PATIENCE_MS);
  try {
    return await Promise.race([answer.catch(() => null), late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
