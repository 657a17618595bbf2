import type { EventDataByType } from '../generated/events.js';
import type { RecordedEvent } from '../ports/event-store.js';
import { evolved } from '../aggregate.js';
import type { NodeEventType } from './families.js';
import { partsOf } from './families.js';
import type { Change } from './change.js';
import { moved, withAttributes } from './change.js';
import type { Bag, Node, Port } from './node.js';
import { absentNode, defaultAttributes } from './node.js';
import { evolveAction } from './action/evolve-action.js';
import { evolveOperation } from './operation/evolve-operation.js';

type Evolve<T extends NodeEventType> = (node: Node, data: EventDataByType[T], event: RecordedEvent) => Change;

const byType: { [T in NodeEventType]?: Evolve<T> } = {
  NodeEnrolled: (node, data, event) => ({
    ...absentNode(node.uuid),
    commands: node.commands,
    claim: node.claim,
    present: true,
    enrolledAt: event.position,
    incarnation: event.revision,
    instanceSince: event.revision,
    attributes: { ...defaultAttributes, ...data.attributes },
    ...moved(data, event),
    provisionUpdatedAt: null,
    maintenance: data.maintenance ? { reason: null } : null,
    retirement: data.retired ? { reason: data.retiredReason ?? null } : null,
    consoleEnabled: data.consoleEnabled ?? false,
    boot: { ...node.boot, mode: data.bootMode ?? null, secure: data.secureBoot ?? null },
    createdAt: event.recorded,
  }),
  NodeAttributesChanged: (node, data) => withAttributes(node, data.changes),
  // Claims go on over the life of the stream: epochs never start again, not even with a new incarnation.
  NodeDeleted: node => ({ ...absentNode(node.uuid), commands: node.commands, claim: node.claim }),
  NodeProtected: (_, data) => ({ protection: { reason: data.reason } }),
  NodeUnprotected: () => ({ protection: null }),
  NodeRetired: (_, data) => ({ retirement: { reason: data.reason } }),
  NodeUnretired: () => ({ retirement: null }),
  MaintenanceSet: (node, data) => ({
    maintenance: { reason: data.reason },
    fault: data.fault ?? node.fault,
    lastError: data.problem?.detail ?? node.lastError,
  }),
  MaintenanceCleared: () => ({ maintenance: null, fault: null }),
  NodeManaged: (_, data, event) => moved(data, event),
  NodeClaimed: (node, data) => ({
    claim: { conductor: data.conductor, epoch: data.epoch },
    operation: node.operation && { ...node.operation, epoch: data.epoch },
  }),
  TraitsSet: (_, data) => ({ traits: sorted(data.traits) }),
  TraitAdded: (node, data) => ({ traits: sorted([...node.traits, data.trait]) }),
  TraitRemoved: (node, data) => ({ traits: node.traits.filter(trait => trait !== data.trait) }),
  RaidConfigTargeted: (node, data) => ({ raid: { ...node.raid, target: data.targetRaidConfig } }),
  PowerStateObserved: (node, data, event) => ({
    power: { ...node.power, state: data.powerState },
    workRevision: event.revision,
    // A machine that went off on its own took its agent along.
    agent: data.powerState === 'power off' ? null : node.agent,
  }),
  BootStateObserved: (node, data) => ({ boot: { ...node.boot, mode: data.bootMode, secure: data.secureBoot } }),
  BiosSettingsRead: (_, data, event) => ({ biosSettings: { content: data.settings, readAt: event.recorded } }),
  FirmwareComponentsRead: (_, data) => ({ firmware: data.components }),
  InventoryRecorded: (node, data) => ({
    inventory: data.inventory,
    ...(data.properties && withAttributes(node, { properties: { ...node.attributes.properties, ...data.properties } })),
  }),
  VirtualMediaRead: (_, data) => ({ virtualMedia: data.devices }),
  AgentTokenIssued: (_, data) => ({
    agent: {
      boot: data.boot,
      token: data.token as never,
      address: data.address ?? null,
      connected: null,
      command: null,
      hardwareManagers: {},
    },
  }),
  AgentConnected: (node, data) => ({
    agent: node.agent && {
      ...node.agent,
      connected: { callbackUrl: data.callbackUrl, version: data.version ?? null, verifyCa: data.verifyCa ?? null },
    },
  }),
  RamdiskRemoved: (node, data) => ({
    ramdisk: null,
    agent: null,
    ...(data.powerState !== undefined && { power: { ...node.power, state: data.powerState } }),
  }),
  AgentStepsRead: (node, data) => ({
    agent: node.agent && { ...node.agent, hardwareManagers: data.hardwareManagers },
  }),
  PortAttached: (node, data, event) => withPort(node, newPort(data.port, event)),
  PortChanged: (node, data, event) => {
    const port = node.ports[data.uuid];
    if (!port) return {};
    const { address = port.address, ...changes } = data.changes as { address?: string };
    const attributes = { ...port.attributes, ...changes };
    return withPort(node, { ...port, address, attributes, updatedAt: event.recorded });
  },
  PortDetached: (node, data) => {
    const { [data.uuid]: _gone, ...ports } = node.ports;
    return { ports };
  },
  VifAttached: (node, data, event) => bindVif(node, data.port, data.vif, event),
  VifDetached: (node, data, event) => {
    const port = Object.values(node.ports).find(({ vif }) => vif?.id === data.vif);
    return port ? bindVif(node, port.uuid, null, event) : {};
  },
};

/** The node after one more event of its stream. Types it does not know change nothing but the revision. */
export const evolve = (node: Node, event: RecordedEvent): Node =>
  released({
    ...node,
    updatedAt: event.recorded,
    ...changeBy(node, event),
    position: event.position,
    tip: {
      id: event.id,
      correlationId: event.metadata.$correlationId,
      ...(event.metadata.traceparent && { traceparent: event.metadata.traceparent }),
    },
    ...evolved(node, event),
  });

/** Whoever holds the node holds it as long as there is something to do at once: waits and holds give it free. */
const released = (node: Node): Node => {
  const { operation, action } = node;
  const isWorkedOn = action !== null || (operation !== null && !operation.waiting && !operation.held);
  return isWorkedOn || node.reservation === null ? node : { ...node, reservation: null };
};

export const foldNode = (uuid: string, events: Iterable<RecordedEvent>, from: Node = absentNode(uuid)): Node => {
  let node = from;
  for (const event of events) node = evolve(node, event);
  return node;
};

const changeBy = (node: Node, event: RecordedEvent): Change => {
  const parts = partsOf(event.type);
  const workRevision = event.revision;
  if (parts?.of === 'operation') return { ...evolveOperation(node, parts.family, parts.fact, event), workRevision };
  if (parts?.of === 'action') return { ...evolveAction(node, parts.family, parts.fact, event), workRevision };
  const change = byType[event.type as NodeEventType] as Evolve<NodeEventType> | undefined;
  return change
    ? { ...change(node, event.data as never, event), ...(event.type === 'NodeEnrolled' && { updatedAt: null }) }
    : {};
};

const newPort = ({ uuid, address, ...attributes }: Bag, event: RecordedEvent): Port => ({
  uuid: uuid as string,
  address: address as string,
  attributes,
  vif: null,
  attachedAt: event.position,
  createdAt: event.recorded,
  updatedAt: null,
});

const withPort = (node: Node, port: Port): Change => ({ ports: { ...node.ports, [port.uuid]: port } });

const bindVif = (node: Node, uuid: string, vif: Bag | null, event: RecordedEvent): Change =>
  node.ports[uuid] ? withPort(node, { ...node.ports[uuid], vif, updatedAt: event.recorded }) : {};

const sorted = (traits: readonly string[]): string[] => [...new Set(traits)].sort();
