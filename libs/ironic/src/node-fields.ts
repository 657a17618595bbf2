import type { Bag, Node, Operation, OperationFamily, PlannedStep } from '#domain';
import { masked, withoutSecrets } from './mask.js';
import type { Minor } from './version.js';
import type { RowText } from './row-text.js';
import { rowText } from './row-text.js';
import { naiveTimestamp, timestamp } from './timestamps.js';

/** One field of the node's representation. `since` is the first microversion that shows it (Ironic API reference). */
interface Field {
  readonly name: string;
  readonly since: Minor;
  readonly of: (node: Node) => unknown;
}

const attribute = (name: keyof Node['attributes'], since: Minor): Field => ({
  name,
  since,
  of: node => node.attributes[name],
});
const interfaces = (since: Minor, ...types: string[]): Field[] =>
  types.map(type => attribute(`${type}_interface` as keyof Node['attributes'], since));

/** Fields that a row holds, the oldest first: what a version sees is the beginning of the text. */
export const nodeFields: readonly Field[] = [
  { name: 'uuid', since: 1, of: node => node.uuid },
  { name: 'created_at', since: 1, of: node => timestamp(node.createdAt) },
  { name: 'updated_at', since: 1, of: node => timestamp(node.updatedAt) },
  attribute('chassis_uuid', 1),
  { name: 'console_enabled', since: 1, of: node => node.consoleEnabled },
  attribute('driver', 1),
  { name: 'driver_info', since: 1, of: node => masked(node.attributes.driver_info) },
  attribute('extra', 1),
  { name: 'instance_info', since: 1, of: node => masked(node.attributes.instance_info, ['image_url']) },
  attribute('instance_uuid', 1),
  { name: 'last_error', since: 1, of: node => node.lastError?.slice(0, 4096) ?? null },
  { name: 'maintenance', since: 1, of: node => node.maintenance !== null },
  { name: 'maintenance_reason', since: 1, of: node => node.maintenance?.reason ?? null },
  { name: 'power_state', since: 1, of: node => node.power.state },
  attribute('properties', 1),
  { name: 'provision_state', since: 1, of: node => node.provisionState },
  { name: 'provision_updated_at', since: 1, of: node => timestamp(node.provisionUpdatedAt) },
  { name: 'reservation', since: 1, of: node => node.reservation },
  { name: 'target_power_state', since: 1, of: node => node.power.target },
  { name: 'target_provision_state', since: 1, of: node => node.targetProvisionState },
  { name: 'driver_internal_info', since: 3, of: node => internalInfo(node) },
  attribute('name', 5),
  { name: 'inspection_started_at', since: 6, of: node => timestamp(node.inspection.startedAt) },
  { name: 'inspection_finished_at', since: 6, of: node => timestamp(node.inspection.finishedAt) },
  { name: 'clean_step', since: 7, of: node => currentStep(node, 'Cleaning') },
  { name: 'raid_config', since: 12, of: node => node.raid.actual },
  { name: 'target_raid_config', since: 12, of: node => node.raid.target },
  ...interfaces(20, 'network'),
  attribute('resource_class', 21),
  ...interfaces(31, 'boot', 'console', 'deploy', 'inspect', 'management', 'power', 'raid', 'vendor'),
  ...interfaces(33, 'storage'),
  { name: 'traits', since: 37, of: node => node.traits },
  ...interfaces(38, 'rescue'),
  ...interfaces(40, 'bios'),
  { name: 'fault', since: 42, of: node => node.fault },
  { name: 'deploy_step', since: 44, of: node => currentStep(node, 'Deployment') },
  attribute('conductor_group', 46),
  attribute('automated_clean', 47),
  { name: 'protected', since: 48, of: node => node.protection !== null },
  { name: 'protected_reason', since: 48, of: node => node.protection?.reason ?? null },
  attribute('owner', 50),
  attribute('description', 51),
  { name: 'allocation_uuid', since: 52, of: () => null },
  { name: 'retired', since: 61, of: node => node.retirement !== null },
  { name: 'retired_reason', since: 61, of: node => node.retirement?.reason ?? null },
  attribute('lessee', 65),
  attribute('network_data', 66),
  { name: 'boot_mode', since: 75, of: node => node.boot.mode },
  { name: 'secure_boot', since: 75, of: node => node.boot.secure },
  attribute('shard', 82),
  attribute('parent_node', 83),
  ...interfaces(86, 'firmware'),
  { name: 'service_step', since: 87, of: node => currentStep(node, 'Service') },
  attribute('disable_power_off', 95),
  attribute('instance_name', 104),
  { name: 'health', since: 109, of: () => null },
];

/** Fields that depend on who asks, or when: put in for each answer. */
export const requestFields: Readonly<Record<string, Minor>> = { links: 1, ports: 1, states: 14, conductor: 49 };

const names = nodeFields.map(({ name }) => name);
const places = new Map(names.map((name, index) => [name, index]));

/** Place of the field in the row, undefined for one that is not there. */
export const nodeFieldPlace = (name: string): number | undefined => places.get(name);

/** First microversion of a field, of whichever kind; undefined for a field that does not exist. */
export const nodeFieldSince = (name: string): Minor | undefined =>
  requestFields[name] ?? (places.has(name) ? nodeFields[places.get(name)!]!.since : undefined);

/** How many fields of the row a version sees. */
export const nodeFieldCount = (minor: Minor): number => counts[minor]!;
const counts = Array.from({ length: 200 }, (_, minor) => {
  const first = nodeFields.findIndex(({ since }) => since > minor);
  return first < 0 ? nodeFields.length : first;
});

export const nodeRow = (node: Node): RowText =>
  rowText(
    names,
    nodeFields.map(({ of }) => of(node)),
  );

/** What a list shows when nothing is asked for (Ironic API reference). */
export const briefNodeFields = [
  'instance_uuid',
  'maintenance',
  'power_state',
  'provision_state',
  'uuid',
  'name',
] as const;
/** `name` stands last, because it is the one that versions before 1.5 do not see. */
export const briefNode = (node: Node): string =>
  `"instance_uuid":${JSON.stringify(node.attributes.instance_uuid)},"maintenance":${node.maintenance !== null},` +
  `"power_state":${JSON.stringify(node.power.state)},"provision_state":"${node.provisionState}","uuid":"${node.uuid}"`;

/** The step that runs, or that a wait or a hold is at. */
const currentStep = (node: Node, family: OperationFamily): Bag => {
  const { operation } = node;
  if (operation?.family !== family) return {};
  const step = operation.steps[operation.index];
  if (!step || !(operation.running || operation.waiting || operation.held)) return {};
  return stepBody(step, operation.abortRequested);
};

const stepBody = (
  { interface: type, step, args, priority, abortable, requiresRamdisk }: PlannedStep,
  abortAfter = false,
): Bag => ({
  ...(type && { interface: type }),
  step,
  ...(args && { args: withoutSecrets(masked(args)) }),
  priority: priority ?? 0,
  abortable: abortable ?? false,
  requires_ramdisk: requiresRamdisk ?? true,
  ...(abortAfter && { abort_after: true }),
});

/** What Ironic keeps for itself and shows all the same (Ironic API reference). */
const internalInfo = (node: Node): Bag => ({
  ...planOf(node.operation),
  ...(node.power.changedAt && { last_power_state_change: naiveTimestamp(node.power.changedAt) }),
  ...(node.agent?.connected && {
    agent_url: node.agent.connected.callbackUrl,
    agent_version: node.agent.connected.version,
  }),
  ...(node.agent && { agent_secret_token: '******' }),
});

const planOf = (operation: Operation | null): Bag => {
  const kind = { Cleaning: 'clean', Deployment: 'deploy', Service: 'service' }[operation?.family as string];
  if (!operation || !kind) return {};
  return { [`${kind}_steps`]: operation.steps.map(step => stepBody(step)), [`${kind}_step_index`]: operation.index };
};
