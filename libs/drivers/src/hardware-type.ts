import type {
  Bag,
  ImplementationManifest,
  InterfaceType,
  Node,
  PassthruManifest,
  StepKind,
  StepManifest,
  StepResult,
} from '#domain';

/** What a driver works with when it touches a machine. Secrets are in the clear here, and only here. */
export interface Effect {
  readonly node: Node;
  readonly driverInfo: Bag;
  readonly instanceInfo: Bag;
  /** Of the step or action. */
  readonly args: Bag;
  /** Names this step or action for ever, whatever the attempt. */
  readonly id: string;
  /** Aborted when the process shuts down or the node is no longer its own. */
  readonly signal: AbortSignal;
  readonly clock: EffectClock;
}

export interface EffectClock {
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** How a step ended: done, perhaps with what it found; or under way elsewhere until a sign of life. */
export type StepOutcome =
  | { readonly done: StepResult }
  | {
      readonly wait: 'agent' | 'driver';
      /** 0: for ever; the configuration's where it is left out. */ readonly timeoutMs?: number;
    };

export interface Step {
  readonly manifest: StepManifest;
  run(effect: Effect): Promise<StepOutcome>;
  /** After a restart, for steps that must not run twice: what the machine itself says about it. */
  confirm?(effect: Effect): Promise<'done' | 'not begun' | 'unknown'>;
  /** For steps that wait for the driver: looked at now and then, until it answers something. `since` is ISO 8601. */
  poll?(effect: Effect, since: string): Promise<StepOutcome | undefined>;
}

/** What an action found, by the fields of its event. */
export interface ActionOutcome {
  readonly powerState?: string;
  readonly bootMode?: string;
  readonly secureBoot?: boolean;
  readonly consoleEnabled?: boolean;
  readonly result?: Bag;
  readonly virtualMedia?: readonly Bag[];
}

/** One implementation of one interface: what it offers, and the functions behind it by Ironic's names. */
export interface Implementation {
  readonly name: string;
  /** A null object that refuses everything (`no-raid`). */
  readonly missing?: true;
  readonly properties?: Readonly<Record<string, string>>;
  /** JSON Schema of driver_info. */
  readonly driverInfo?: Bag;
  readonly notYet?: string;
  readonly supports?: Readonly<Record<string, readonly string[]>>;
  readonly steps?: Readonly<Partial<Record<StepKind | 'core', readonly Step[]>>>;
  /** Changes of the hardware: intent, effect, outcome. */
  readonly actions?: Readonly<Record<string, (effect: Effect) => Promise<ActionOutcome>>>;
  /** Reads of the hardware: request and reply. */
  readonly reads?: Readonly<Record<string, (effect: Effect) => Promise<unknown>>>;
  readonly passthru?: Readonly<Record<string, PassthruManifest>>;
}

/** A driver: its implementations of each interface, the preferred one first. */
export interface HardwareType {
  readonly name: string;
  /** Keys of driver_info that are no secrets, beside those that are public for all drivers. */
  readonly publicKeys: readonly string[];
  readonly interfaces: Readonly<Record<InterfaceType, readonly Implementation[]>>;
  /** Gives back what it holds (sessions with machines), when no effect will come any more. */
  close?(): Promise<void>;
}

export const manifestOf = (implementation: Implementation, enabled: boolean): ImplementationManifest => ({
  name: implementation.name,
  enabled,
  ...(implementation.missing && { missing: true }),
  properties: implementation.properties ?? {},
  ...(implementation.driverInfo && { driverInfo: implementation.driverInfo }),
  ...(implementation.notYet && { notYet: implementation.notYet }),
  steps: Object.fromEntries(
    Object.entries(implementation.steps ?? {}).map(([kind, steps]) => [kind, steps.map(({ manifest }) => manifest)]),
  ),
  supports: implementation.supports ?? {},
  passthru: implementation.passthru ?? {},
});

/** An ability that a machine lacks. */
export const missing = (type: InterfaceType): Implementation => ({ name: `no-${type}`, missing: true });

/** The machine could not be reached, or did not do it: worth another try. */
export class HardwareUnreachable extends Error {
  constructor(
    message: string,
    readonly hint = 'The machine did not answer: check its address, its network and its power, then try again.',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The machine was reached and refused: another try changes nothing. */
export class HardwareRefused extends Error {
  constructor(
    message: string,
    readonly hint = 'The machine was reached and refused: mend what it names before trying again.',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
