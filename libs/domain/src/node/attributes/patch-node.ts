import type { PatchOperation } from '../../json-patch.js';
import { applyPatch, PatchRefused, tokensOf } from '../../json-patch.js';
import { Problem } from '../../problem.js';
import { offeredDriver, requireSizes } from '../enrol/enrol-node.js';
import { incompatibleInterfaces, resolveInterfaces } from '../enrol/interfaces.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Bag, Node, NodeAttributes } from '../node.js';
import { defaultAttributes, interfaceTypes } from '../node.js';
import { invalid, requirePresent, requireUnlocked } from '../refusals.js';
import { allowsInterfaceChange, allowsUpdate } from '../state-sets.js';
import type { Surroundings } from '../surroundings.js';

export interface PatchNode {
  /** Values of driver_info sealed before they come here. */
  readonly patch: readonly PatchOperation[];
  readonly resetInterfaces?: boolean;
  /** From microversion 1.39 on a node being inspected cannot be changed. */
  readonly refuseWhileInspecting?: boolean;
}

/** What a client sees and patches: the attributes, and the flags that are facts of their own. */
interface Document extends NodeAttributes {
  readonly maintenance: boolean;
  readonly protected: boolean;
  readonly protected_reason: string | null;
  readonly retired: boolean;
  readonly retired_reason: string | null;
}

export const patchableFields: readonly string[] = [
  ...Object.keys(defaultAttributes),
  'maintenance',
  'protected',
  'protected_reason',
  'retired',
  'retired_reason',
];

const documentOf = (node: Node): Document => ({
  ...node.attributes,
  maintenance: node.maintenance !== null,
  protected: node.protection !== null,
  protected_reason: node.protection?.reason ?? null,
  retired: node.retirement !== null,
  retired_reason: node.retirement?.reason ?? null,
});

const removedValue: Bag = {
  ...defaultAttributes,
  maintenance: false,
  protected: false,
  protected_reason: null,
  retired: false,
  retired_reason: null,
};

/** Applies a JSON patch and records what it means: each flag its own fact, the rest as changed attributes. */
export const patchNode = (command: PatchNode, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  requireUpdatable(node, command);
  const before = documentOf(node);
  const after = withDriver(node, before, patched(before, command.patch), command, surroundings);
  const changes = changedAttributes(before, after);
  requireAllowed(node, before, after, changes);
  const events = [
    ...flagEvents(before, after),
    ...(Object.keys(changes).length > 0 ? [nodeEvent('NodeAttributesChanged', { changes })] : []),
  ];
  if (events.length > 0) requireUnlocked(node);
  return events;
};

/** Root fields are never absent: removing one gives it its default back. */
const patched = (before: Document, patch: readonly PatchOperation[]): Document => {
  const operations = patch.map(operation => {
    const [root = '', ...rest] = tokensOf(operation.path);
    if (!patchableFields.includes(root))
      throw invalid(`Adding a new attribute (/${root}) to the root of the resource is not allowed`);
    if (rest.length > 0 || operation.op !== 'remove') return operation;
    if (root === 'driver') throw invalid("'/driver' is a mandatory attribute and can not be removed");
    return { op: 'replace' as const, path: operation.path, value: removedValue[root] };
  });
  try {
    const result = applyPatch(before as unknown as Record<string, unknown>, operations);
    for (const name of ['driver_info', 'extra', 'instance_info', 'network_data', 'properties']) result[name] ??= {};
    for (const name of ['maintenance', 'protected', 'retired', 'disable_power_off']) result[name] ??= false;
    result.conductor_group = String(result.conductor_group ?? '').toLowerCase();
    return result as unknown as Document;
  } catch (error) {
    if (error instanceof PatchRefused) throw invalid(error.message);
    throw error;
  }
};

/** Interfaces follow the driver: those it does not have are refused, or reset where that was asked for. */
const withDriver = (
  node: Node,
  before: Document,
  after: Document,
  { patch, resetInterfaces }: PatchNode,
  { catalog }: Surroundings,
): Document => {
  const driverChanges = after.driver !== before.driver;
  const interfacesChange = interfaceTypes.some(type => after[`${type}_interface`] !== before[`${type}_interface`]);
  if (resetInterfaces && !driverChanges && !patch.some(({ path }) => path === '/driver'))
    throw invalid('The reset_interfaces parameter can only be used when changing the driver.');
  if (!driverChanges && !interfacesChange && after.conductor_group === before.conductor_group) return after;
  const driver = offeredDriver(after.driver, after.conductor_group, catalog);
  if (!driverChanges) return { ...after, ...resolveInterfaces(after, driver) };
  if (node.consoleEnabled)
    throw refusedNow(node, `Node ${node.uuid} has its console enabled: its driver cannot be changed.`);
  const given = new Set(patch.map(({ path }) => path.slice(1)));
  const kept = Object.fromEntries(
    interfaceTypes
      .filter(type => given.has(`${type}_interface`) || !resetInterfaces)
      .map(type => [`${type}_interface`, after[`${type}_interface`]]),
  );
  const wrong = resetInterfaces ? [] : incompatibleInterfaces(after, driver);
  if (wrong.length > 0)
    throw new Problem({
      code: 'node.interface-unsupported',
      title: 'The new driver does not have these interfaces',
      detail: `Driver ${after.driver} does not support ${wrong.map(type => `${type} interface ${after[`${type}_interface`]}`).join(', ')} of node ${node.uuid}.`,
      hint: 'Set reset_interfaces to true, or name the interfaces in the same request.',
    });
  return { ...after, ...resolveInterfaces(kept, driver) };
};

const changedAttributes = (before: Document, after: Document): Record<string, unknown> => {
  const changes: Record<string, unknown> = {};
  for (const name of Object.keys(defaultAttributes) as (keyof NodeAttributes)[])
    if (JSON.stringify(before[name]) !== JSON.stringify(after[name])) changes[name] = after[name];
  // display_name fills the name of the instance while it has none (Ironic API reference).
  const displayName = after.instance_info.display_name;
  if (
    changes.instance_info &&
    typeof displayName === 'string' &&
    displayName !== before.instance_info.display_name &&
    !after.instance_name
  )
    changes.instance_name = displayName;
  return changes;
};

const refusedNow = (node: Node, detail: string): Problem =>
  new Problem({
    code: 'node.not-updatable',
    title: 'The node cannot be changed now',
    detail,
    hint: `It is in "${node.provisionState}".`,
  });

/** What Ironic lets nobody change now. */
const requireUpdatable = (node: Node, { patch, refuseWhileInspecting }: PatchNode): void => {
  const onlyDissociates = patch.length === 1 && patch[0]!.op === 'remove' && patch[0]!.path === '/instance_uuid';
  if (node.maintenance && onlyDissociates) return;
  const underWay = node.targetProvisionState !== null && !allowsUpdate(node.provisionState);
  if (underWay || (refuseWhileInspecting && node.provisionState === 'inspecting'))
    throw refusedNow(node, `Node ${node.uuid} can not be updated while a state transition is in progress.`);
};

const requireAllowed = (node: Node, before: Document, after: Document, changes: Bag): void => {
  const free = allowsInterfaceChange(node.provisionState) || node.maintenance !== null;
  const interfacesChange = Object.keys(changes).some(name => name.endsWith('_interface'));
  if (interfacesChange && !free)
    throw refusedNow(
      node,
      `Cannot change interfaces of node ${node.uuid} while it is in "${node.provisionState}" and not in maintenance.`,
    );
  if ('resource_class' in changes && before.resource_class !== null && !free)
    throw refusedNow(
      node,
      `Cannot change the resource class of node ${node.uuid} while it is in "${node.provisionState}" and not in maintenance.`,
    );
  if (changes.instance_uuid && before.instance_uuid)
    throw new Problem({
      code: 'node.associated',
      title: 'The node has an instance already',
      detail: `Node ${node.uuid} is associated with instance ${before.instance_uuid}.`,
      hint: 'Remove that association first.',
    });
  if ('owner' in changes && node.provisionState === 'active')
    throw refusedNow(node, `Cannot update owner of node ${node.uuid} while it is "active".`);
  if (after.protected && !before.protected && node.provisionState !== 'active' && node.provisionState !== 'rescue')
    throw refusedNow(node, `Node ${node.uuid} can only be protected in "active" or "rescue".`);
  if (after.retired && !before.retired && node.provisionState === 'available')
    throw refusedNow(
      node,
      `Node ${node.uuid} can not have 'retired' set in provision state "available", the current state is 'available'.`,
    );
  // Lifting a flag takes its reason along.
  if (after.protected_reason && !after.protected && after.protected_reason !== before.protected_reason)
    throw invalid('The protected_reason field can only be set when protected is true.');
  if (after.retired_reason && !after.retired && after.retired_reason !== before.retired_reason)
    throw invalid('The retired_reason field can only be set when retired is true.');
  if (changes.properties) requireSizes(after.properties);
};

const flagEvents = (before: Document, after: Document): NodeEvent[] => {
  const events: NodeEvent[] = [];
  if (after.maintenance !== before.maintenance)
    events.push(
      after.maintenance ? nodeEvent('MaintenanceSet', { reason: null }) : nodeEvent('MaintenanceCleared', {}),
    );
  if (after.protected && (!before.protected || after.protected_reason !== before.protected_reason))
    events.push(nodeEvent('NodeProtected', { reason: after.protected_reason }));
  if (!after.protected && before.protected) events.push(nodeEvent('NodeUnprotected', {}));
  if (after.retired && (!before.retired || after.retired_reason !== before.retired_reason))
    events.push(nodeEvent('NodeRetired', { reason: after.retired_reason }));
  if (!after.retired && before.retired) events.push(nodeEvent('NodeUnretired', {}));
  return events;
};
