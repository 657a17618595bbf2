import type { AggregateState } from '../aggregate.js';
import type { BlobReference } from '../ports/event-store.js';
import type { Sealed } from '../ports/key-store.js';
import type { PlannedStep } from '../generated/events.js';
import type { ActionFamily, OperationFamily } from './families.js';
import type { ProvisionState } from './provisioning.js';

export type { PlannedStep } from '../generated/events.js';

/** A JSON object whose keys are the client's. */
export type Bag = Readonly<Record<string, unknown>>;

export const interfaceTypes = [
  'bios',
  'boot',
  'console',
  'deploy',
  'firmware',
  'inspect',
  'management',
  'network',
  'power',
  'raid',
  'rescue',
  'storage',
  'vendor',
] as const;
export type InterfaceType = (typeof interfaceTypes)[number];

/** Fields that clients write, by Ironic's names (Ironic API reference). */
export type NodeAttributes = {
  readonly [T in InterfaceType as `${T}_interface`]: string | null;
} & {
  readonly automated_clean: boolean | null;
  readonly chassis_uuid: string | null;
  readonly conductor_group: string;
  readonly description: string | null;
  readonly disable_power_off: boolean;
  readonly driver: string;
  readonly driver_info: Bag;
  readonly extra: Bag;
  readonly instance_info: Bag;
  readonly instance_name: string | null;
  readonly instance_uuid: string | null;
  readonly lessee: string | null;
  readonly name: string | null;
  readonly network_data: Bag;
  readonly owner: string | null;
  readonly parent_node: string | null;
  readonly properties: Bag;
  readonly resource_class: string | null;
  readonly shard: string | null;
};

/** What a client left out. Interfaces are resolved when the node is enrolled. */
export const defaultAttributes: NodeAttributes = {
  ...(Object.fromEntries(interfaceTypes.map(type => [`${type}_interface`, null])) as Record<
    `${InterfaceType}_interface`,
    null
  >),
  automated_clean: null,
  chassis_uuid: null,
  conductor_group: '',
  description: null,
  disable_power_off: false,
  driver: '',
  driver_info: {},
  extra: {},
  instance_info: {},
  instance_name: null,
  instance_uuid: null,
  lessee: null,
  name: null,
  network_data: {},
  owner: null,
  parent_node: null,
  properties: {},
  resource_class: null,
  shard: null,
};

/** A run of steps on the node. There from its start to its end, in waits and holds too. */
export interface Operation {
  readonly id: string;
  readonly family: OperationFamily;
  readonly mode: 'automated' | 'manual' | null;
  readonly rebuild: boolean;
  readonly disableRamdisk: boolean;
  readonly rescuePassword: Sealed | null;
  readonly steps: readonly PlannedStep[];
  /** Place of the step that is running or comes next. */
  readonly index: number;
  /** The open intent: a step that may be touching the machine. */
  readonly running: { readonly attempt: number; readonly epoch: number } | null;
  readonly waiting: Wait | null;
  readonly held: boolean;
  readonly abortRequested: boolean;
  /** Fast track: the first step that would boot a ramdisk finds the agent there. */
  readonly agentKept: boolean;
  /** Boot of the agent when the present step began: another one since then knows nothing of it. */
  readonly agentBoot: string | null;
  /** Steps, as interface.step, that the agent would do by itself and the client does not want. */
  readonly without: readonly string[];
  /** Of the claim under which it is worked on; null before anybody acted. */
  readonly epoch: number | null;
  readonly startedAt: string;
}

export interface Wait {
  /** The step at this place has begun; else it comes when the wait is over (a hold was lifted). */
  readonly inStep: boolean;
  /** Of the agent, as far as it is known. */
  readonly command: string | null;
  readonly expects: 'agent' | 'driver' | 'nothing';
  /** 0: for ever. */
  readonly timeoutMs: number;
  readonly since: string;
  /** Revision of the event that began it: a timer names it, and is void when it is no longer this one. */
  readonly revision: number;
}

/** One change of the hardware that somebody asked for. */
export interface Action {
  readonly id: string;
  readonly family: ActionFamily;
  readonly interface: string;
  readonly implementation: string;
  readonly method: string;
  readonly args: Bag;
  readonly effect: PlannedStep['effect'];
  readonly deadline: string;
  readonly running: { readonly attempt: number; readonly epoch: number } | null;
}

export interface Port {
  readonly uuid: string;
  readonly address: string;
  /** Ironic's other fields. */
  readonly attributes: Bag;
  readonly vif: Bag | null;
  /** Position of the event that attached it: orders ports by age. */
  readonly attachedAt: number;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

/** A ramdisk that an operation has the machine booted into: there until it is taken away again. */
export interface Ramdisk {
  readonly operation: string;
  readonly family: OperationFamily;
  /** How the operation ended; null while it goes on. */
  readonly ended: 'done' | 'failed' | 'aborted' | null;
}

export interface Agent {
  /** One boot of the agent: the token is given out once in it. */
  readonly boot: string;
  readonly token: Sealed;
  readonly address: string | null;
  readonly connected: {
    readonly callbackUrl: string;
    readonly version: string | null;
    readonly verifyCa: string | null;
  } | null;
  /** The last command of this boot that is known to have been given. */
  readonly command: string | null;
  /** Versions of its hardware managers: commands name them, so that a plan made for others is refused. */
  readonly hardwareManagers: Bag;
}

/** A node: the fold of its stream. */
export interface Node extends AggregateState {
  readonly uuid: string;
  /** Position of the last event folded, 0 before the first. */
  readonly position: number;
  /** Enrolled and not deleted. */
  readonly present: boolean;
  /** Position of the event that enrolled it: orders nodes by age. */
  readonly enrolledAt: number;
  /** Revision of the event that enrolled it: tells incarnations of one uuid apart. */
  readonly incarnation: number;
  /** Revision since which what belongs to the present instance was written. */
  readonly instanceSince: number;
  readonly attributes: NodeAttributes;
  readonly provisionState: ProvisionState;
  readonly targetProvisionState: ProvisionState | null;
  readonly power: { readonly state: string | null; readonly target: string | null; readonly changedAt: string | null };
  readonly boot: {
    readonly mode: string | null;
    readonly secure: boolean | null;
    readonly device: string | null;
    readonly persistent: boolean;
  };
  readonly maintenance: { readonly reason: string | null } | null;
  readonly fault: string | null;
  readonly protection: { readonly reason: string | null } | null;
  readonly retirement: { readonly reason: string | null } | null;
  readonly consoleEnabled: boolean;
  readonly lastError: string | null;
  /** Host of the conductor that works on it; null: nobody does. */
  readonly reservation: string | null;
  readonly claim: { readonly conductor: string; readonly epoch: number } | null;
  readonly operation: Operation | null;
  readonly action: Action | null;
  readonly agent: Agent | null;
  readonly ramdisk: Ramdisk | null;
  readonly traits: readonly string[];
  readonly ports: Readonly<Record<string, Port>>;
  readonly inspection: { readonly startedAt: string | null; readonly finishedAt: string | null };
  readonly inventory: BlobReference | Bag | null;
  readonly biosSettings: { readonly content: BlobReference | Bag; readonly readAt: string } | null;
  readonly firmware: readonly Bag[];
  readonly virtualMedia: readonly Bag[];
  readonly raid: { readonly target: Bag; readonly actual: Bag };
  /** The last event folded: what comes of it names it as its cause. */
  readonly tip: { readonly id: string; readonly correlationId: string; readonly traceparent?: string } | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly provisionUpdatedAt: string | null;
  /** Of the last event about power or work: an observation begun before it is void. */
  readonly workRevision: number;
}

export const absentNode = (uuid: string): Node => ({
  uuid,
  revision: -1,
  position: 0,
  present: false,
  enrolledAt: 0,
  incarnation: -1,
  instanceSince: -1,
  attributes: defaultAttributes,
  provisionState: 'enroll',
  targetProvisionState: null,
  power: { state: null, target: null, changedAt: null },
  boot: { mode: null, secure: null, device: null, persistent: false },
  maintenance: null,
  fault: null,
  protection: null,
  retirement: null,
  consoleEnabled: false,
  lastError: null,
  reservation: null,
  claim: null,
  operation: null,
  action: null,
  agent: null,
  ramdisk: null,
  traits: [],
  ports: {},
  inspection: { startedAt: null, finishedAt: null },
  inventory: null,
  biosSettings: null,
  firmware: [],
  virtualMedia: [],
  raid: { target: {}, actual: {} },
  tip: null,
  createdAt: null,
  updatedAt: null,
  provisionUpdatedAt: null,
  workRevision: -1,
  commands: [],
  readableBy: 1,
});

export const nodeStream = (uuid: string): string => `node-${uuid}`;
export const uuidOfNodeStream = (stream: string): string => stream.slice('node-'.length);

/** Implementation of an interface that is in force: the instance may override the node's own. */
export const interfaceOf = (node: Node, type: InterfaceType): string => {
  const overridden = node.attributes.instance_info[`${type}_interface`];
  return typeof overridden === 'string' ? overridden : (node.attributes[`${type}_interface`] ?? '');
};
