export interface EndPoint {
  readonly host: string;
  readonly port: number;
}

/** What can go wrong. `times`: for how many calls; those without a default of 1 last until they are cleared. */
export type Fault =
  /**
   * The client does not learn how its append went. `stored`: whether it was done. `answer`: `timeout`: the server's
   * Timeout; `none`: silence; `reset`: the connection breaks. `stream`: only appends to streams that begin so.
   */
  | {
      readonly kind: 'outcome-unknown';
      readonly stored: boolean;
      readonly answer: 'timeout' | 'none' | 'reset';
      readonly stream?: string;
      /** 1 if not given. */
      readonly times?: number;
    }
  /** This node follows another: calls that require the leader are sent there, others are served. */
  | { readonly kind: 'not-leader'; readonly leader: EndPoint; readonly times?: number }
  /** There is no leader: appends are refused, reads are served unless they require one. */
  | { readonly kind: 'not-ready'; readonly times?: number }
  /** Whatever writes is refused, for want of the right to. */
  | { readonly kind: 'read-only'; readonly times?: number }
  /** Open subscriptions are dropped, as 23.10.5 does it: this many (1), each after so many events from now on (0). */
  | { readonly kind: 'slow-consumer'; readonly times?: number; readonly afterEvents?: number }
  /** Connections are accepted and stay open, nothing is read or written. */
  | { readonly kind: 'hung' }
  /** Connections break, and new ones are refused. */
  | { readonly kind: 'unavailable' };

export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

const kinds: readonly string[] = [
  'outcome-unknown',
  'not-leader',
  'not-ready',
  'read-only',
  'slow-consumer',
  'hung',
  'unavailable',
] satisfies Fault['kind'][];

/** @throws Error when there is no such fault */
export const faultOf = (value: unknown): Fault => {
  const { kind } = Object(value) as { kind?: string };
  if (!kind || !kinds.includes(kind)) throw new Error(`There is no fault "${kind}", only ${kinds.join(', ')}`);
  return value as Fault;
};

interface Active {
  readonly fault: Fault;
  left: number;
}

const countOf = (fault: Fault): number => {
  const once = fault.kind === 'outcome-unknown' || fault.kind === 'slow-consumer';
  return ('times' in fault ? fault.times : undefined) ?? (once ? 1 : Infinity);
};

/** The faults in force. */
export class Faults {
  readonly #listeners = new Set<() => void | Promise<void>>();
  #active: Active[] = [];

  /** In force when the promise is fulfilled. */
  async inject(fault: Fault): Promise<void> {
    this.#active.push({ fault, left: countOf(fault) });
    await this.#changed();
  }

  /** Of one kind, or all. */
  async clear(kind?: Fault['kind']): Promise<void> {
    this.#active = kind ? this.#active.filter(({ fault }) => fault.kind !== kind) : [];
    await this.#changed();
  }

  active(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  /** The first of its kind that fits, and counts it. */
  take<K extends Fault['kind']>(kind: K, fits: (fault: FaultOf<K>) => boolean = () => true): FaultOf<K> | undefined {
    const found = this.#active.find(({ fault }) => fault.kind === kind && fits(fault as FaultOf<K>));
    if (!found) return undefined;
    if (--found.left === 0) this.#active = this.#active.filter(active => active !== found);
    return found.fault as FaultOf<K>;
  }

  isActive(kind: Fault['kind']): boolean {
    return this.#active.some(({ fault }) => fault.kind === kind);
  }

  /** Told when a fault is injected or cleared. @returns how to stop listening */
  onChange(listener: () => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #changed(): Promise<void> {
    await Promise.all([...this.#listeners].map(listener => listener()));
  }
}
