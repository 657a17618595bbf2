import type { StepKind } from '../node/families.js';
import type { Bag, InterfaceType, Node } from '../node/node.js';

/**
 * What drivers offer, as data, so that a process without a driver's code can judge (design 4). A conductor publishes
 * it when it registers.
 */
export interface DriverManifest {
  readonly hardwareType: string;
  /** Implementations of each interface, the preferred one first. */
  readonly interfaces: Readonly<Record<InterfaceType, readonly ImplementationManifest[]>>;
  /** Keys of driver_info that are no secrets. All others are sealed. */
  readonly publicKeys: readonly string[];
}

export interface ImplementationManifest {
  readonly name: string;
  readonly enabled: boolean;
  /** A null object: the ability is missing (`no-raid`). */
  readonly missing?: true;
  /** Keys of driver_info that it reads, with a sentence on each. */
  readonly properties: Readonly<Record<string, string>>;
  /** JSON Schema of driver_info; sealed values are objects in it. */
  readonly driverInfo?: Bag;
  /** The same of instance_info. */
  readonly instanceInfo?: Bag;
  /** It boots machines by their ports: a node must have one. */
  readonly needsPort?: true;
  /** Why a node cannot be deployed or handled by it, whatever its driver_info says. */
  readonly notYet?: string;
  readonly steps: Readonly<Partial<Record<StepKind | 'core', readonly StepManifest[]>>>;
  /** Power targets, boot devices, boot modes … that it supports, by the name of the question. */
  readonly supports: Readonly<Record<string, readonly string[]>>;
  readonly passthru: Readonly<Record<string, PassthruManifest>>;
}

export interface StepManifest {
  readonly step: string;
  /** The higher the earlier; 0: only when asked for. */
  readonly priority: number;
  /** May run again · reads before it writes · never runs twice. */
  readonly effect: 'idempotent' | 'observed' | 'once';
  /** It overwrites or erases what is on the machine. Steps that never run twice count as such. */
  readonly destructive?: boolean;
  readonly abortable?: boolean;
  readonly requiresRamdisk?: boolean;
  /** The agent in the ramdisk does it. */
  readonly inBand?: boolean;
  /** It boots the machine into a ramdisk with an agent, or is the last that needs the agent. */
  readonly agent?: 'starts' | 'ends';
  readonly args?: Readonly<Record<string, { readonly description: string; readonly required?: boolean }>>;
}

export interface PassthruManifest {
  readonly methods: readonly string[];
  readonly async: boolean;
  readonly description: string;
  readonly attach: boolean;
  readonly exclusive: boolean;
  readonly effect: StepManifest['effect'];
}

export interface DriverCatalog {
  /** The driver as conductors of the group offer it, or undefined when no live one does. */
  driver(hardwareType: string, conductorGroup: string): DriverManifest | undefined;
  /** No live conductor of the group offers the driver, and one is known that did: it may come back. */
  isAway(hardwareType: string, conductorGroup: string): boolean;
  /** Why the interface cannot be used with the node's driver_info and instance_info, or undefined when it can. */
  refusal(node: Node, type: InterfaceType): string | undefined;
}
