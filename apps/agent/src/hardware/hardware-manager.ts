import type { Bag } from '../lookup/lookup.js';
import type { Machine } from '../machine/machine.js';
import type { Parameters } from '../parameters/parameters.js';

/** How well a manager knows this machine. Where two offer the same, the higher one is asked. */
export const support = { none: 0, generic: 1, mainline: 2, serviceProvider: 3 } as const;

export type StepKind = 'clean' | 'deploy' | 'service';

/** A step as the conductor lists it. Priority 0: only when asked for by name. */
export interface StepDescription {
  readonly step: string;
  readonly priority: number;
  readonly interface: 'deploy' | 'raid' | 'bios' | 'firmware' | 'management' | 'power';
  readonly reboot_requested: boolean;
  readonly abortable?: boolean;
  readonly requires_ramdisk?: boolean;
  readonly argsinfo?: Readonly<Record<string, { description: string; required?: boolean }>>;
}

export interface CallInput {
  readonly node?: Bag;
  readonly ports?: readonly Bag[];
  readonly args?: Bag;
}

/** Asks the manager that knows this machine best for the method; rejects when none has it. */
export interface Dispatcher {
  dispatch<T = unknown>(method: string, input?: CallInput): Promise<T>;
}

/** What a method of a manager is called with. */
export interface Call {
  readonly machine: Machine;
  readonly parameters: Parameters;
  /** The node as the conductor sent it, without secrets; of a lookup when the command carries none. */
  readonly node: Bag;
  readonly ports: readonly Bag[];
  readonly args: Bag;
  /** What the API wanted of this agent when it looked up. */
  readonly config: Bag;
  /** For asking what another manager may know better: the disks, the disk to install to … */
  readonly hardware: Dispatcher;
}

export type Method = (call: Call) => unknown;

/**
 * Knows a kind of hardware. Methods are steps (by the step's name) and abilities that the agent itself asks for:
 * `list_hardware_info`, `list_block_devices`, `list_network_interfaces`, `get_os_install_device`,
 * `erase_block_device`, `collect_lldp_data` …
 */
export interface HardwareManager {
  /** Under which name its steps are listed. */
  readonly name: string;
  /** Its key and value in `hardware_manager_version`; change the version when the steps change. */
  readonly versionName: string;
  readonly version: string;
  evaluateSupport(machine: Machine): number | Promise<number>;
  /** Before the first lookup: load a kernel module, wake a controller. */
  initialize?(machine: Machine): void | Promise<void>;
  readonly steps?: Partial<Record<StepKind, (call: Call) => StepDescription[] | Promise<StepDescription[]>>>;
  readonly methods: Readonly<Record<string, Method>>;
}

/** Thrown by a method that cannot do it for this machine after all: the next manager is asked. */
export class IncompatibleHardwareMethod extends Error {
  // Managers are loaded from files that cannot import this class: the name says it, not the identity.
  override readonly name = 'IncompatibleHardwareMethod';
}
