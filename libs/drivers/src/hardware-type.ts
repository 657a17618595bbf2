import type {
  AgentSteps,
  Bag,
  ImplementationManifest,
  InterfaceType,
  Node,
  PassthruManifest,
  PlannedStep,
  ProblemCode,
  Ramdisk,
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
  /** Of a step: as it stands in the plan. */
  readonly step?: PlannedStep;
  /** The agent that runs on the machine, if one has been heard. */
  readonly agent?: EffectAgent;
  /** Of a rescue. */
  readonly rescuePassword?: string;
  /** Another interface of the node, as it is in force. */
  readonly peer: (type: InterfaceType) => Implementation;
  /** Names this step or action for ever, whatever the attempt. */
  readonly id: string;
  /** Aborted when the process shuts down or the node is no longer its own. */
  readonly signal: AbortSignal;
  readonly clock: EffectClock;
}

/** Where an agent answers, and with what it is spoken to. */
export interface EffectAgent {
  readonly url: string;
  /** PEM of the one certificate to trust; null: those that the system trusts. */
  readonly verifyCa: string | null;
  readonly token: string;
  /** The last command of this boot that is recorded. */
  readonly command: string | null;
  readonly hardwareManagers: Bag;
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
      /** 0: for ever; the configuration's where it is left out. */
      readonly timeoutMs?: number;
      /** Of the agent: what is waited for. */
      readonly command?: string;
      readonly powerState?: string;
    }
  /** The agent refused it, because the plan was made with another one. */
  | { readonly planAnew: AgentSteps };

export interface Step {
  readonly manifest: StepManifest;
  run(effect: Effect): Promise<StepOutcome>;
  /** After a restart, for steps that must not run twice: what the machine itself says about it. */
  confirm?(effect: Effect): Promise<'done' | 'not begun' | 'under way' | 'unknown'>;
  /**
   * For steps that wait: looked at now and then where they wait for the driver, with each sign of life where they wait
   * for the agent, until it answers something. `since` is ISO 8601.
   */
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

/** How machines boot something else than their disk (Ironic, hardware types). */
export interface Booting {
  /** Which device the firmware is told to boot from. */
  readonly device: string;
  /** From its next start on the machine boots the agent's ramdisk. Words are of the kernel command line. */
  prepareRamdisk(effect: Effect, purpose: 'deploy' | 'rescue', words: readonly string[]): Promise<void>;
  cleanUpRamdisk(effect: Effect): Promise<void>;
  /** From its next start on it boots its instance: its disk, or what a `ramdisk` deployment boots every time. */
  prepareInstance(effect: Effect): Promise<void>;
  cleanUpInstance(effect: Effect): Promise<void>;
}

/** One implementation of one interface: what it offers, and the functions behind it by Ironic's names. */
export interface Implementation {
  readonly name: string;
  /** A null object that refuses everything (`no-raid`). */
  readonly missing?: true;
  readonly properties?: Readonly<Record<string, string>>;
  /** JSON Schema of driver_info. */
  readonly driverInfo?: Bag;
  /** JSON Schema of instance_info. */
  readonly instanceInfo?: Bag;
  readonly needsPort?: true;
  readonly notYet?: string;
  readonly supports?: Readonly<Record<string, readonly string[]>>;
  readonly steps?: Readonly<Partial<Record<StepKind | 'core', readonly Step[]>>>;
  /** Changes of the hardware: intent, effect, outcome. */
  readonly actions?: Readonly<Record<string, (effect: Effect) => Promise<ActionOutcome>>>;
  /** Reads of the hardware: request and reply. */
  readonly reads?: Readonly<Record<string, (effect: Effect) => Promise<unknown>>>;
  readonly passthru?: Readonly<Record<string, PassthruManifest>>;
  /** Of boot interfaces. */
  readonly boot?: Booting;
  /** Of deploy interfaces that drive agents: a step that the agent does. */
  readonly inBand?: Omit<Step, 'manifest'>;
  /** Of the same: what an operation left behind that ended in the ramdisk is put back. May run again. */
  removeRamdisk?(effect: Effect, ramdisk: Ramdisk): Promise<{ readonly powerState?: string }>;
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
  ...(implementation.instanceInfo && { instanceInfo: implementation.instanceInfo }),
  ...(implementation.needsPort && { needsPort: true }),
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
  readonly code?: ProblemCode;

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
  readonly code?: ProblemCode;

  constructor(
    message: string,
    readonly hint = 'The machine was reached and refused: mend what it names before trying again.',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
