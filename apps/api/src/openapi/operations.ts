/** What a route is for, as the published description says it. Paths as the router has them. */
export interface OperationNote {
  readonly summary: string;
  readonly status: number;
  /** First minor version of API 1 that has it; Ferrolog's own addresses have none. */
  readonly since?: number;
  /** Schema of the body in schemas/api. */
  readonly body?: string;
  readonly query?: readonly (keyof typeof parameters)[];
}

const list = ['fields', 'detail', 'limit', 'marker', 'sort_key', 'sort_dir'] as const;
const nodeFilters = [
  'instance_uuid', 'chassis_uuid', 'associated', 'maintenance', 'provision_state', 'driver', 'resource_class', 'fault', 'conductor_group', 'conductor',
  'owner', 'description_contains', 'retired', 'lessee', 'project', 'shard', 'sharded', 'parent_node', 'include_children', 'instance_name',
] as const; // prettier-ignore
const portFilters = [
  'node',
  'node_uuid',
  'address',
  'portgroup',
  'shard',
  'description_contains',
  'conductor_groups',
] as const;

export const parameters = {
  fields: 'Comma-separated fields to show; links always come along.',
  detail: 'Whether all fields are shown.',
  limit: 'Most items to answer with.',
  marker: 'The last item of the page before.',
  sort_key: 'Field to sort by; age where it is left out.',
  sort_dir: 'asc or desc.',
  instance_uuid: 'Only the node with this instance.',
  chassis_uuid: 'Only nodes of this chassis.',
  associated: 'Only nodes with, or without, an instance.',
  maintenance: 'Only nodes in, or not in, maintenance.',
  provision_state: 'Only nodes in this state.',
  driver: 'Only nodes of this driver.',
  resource_class: 'Only nodes of this resource class.',
  fault: 'Only nodes with this fault.',
  conductor_group: 'Only nodes of this group.',
  conductor: 'Only nodes that this conductor owns.',
  owner: 'Only nodes of this owner.',
  description_contains: 'Only those whose description has this in it.',
  retired: 'Only nodes that are, or are not, retired.',
  lessee: 'Only nodes of this lessee.',
  project: 'Only nodes whose owner or lessee is this.',
  shard: 'Only nodes of these shards.',
  sharded: 'Only nodes with, or without, a shard.',
  parent_node: 'Only children of this node.',
  include_children: 'Whether nodes with a parent are listed too.',
  instance_name: 'Only nodes whose instance has this name.',
  node: 'Name or UUID of a node.',
  node_uuid: 'UUID of a node.',
  address: 'MAC address.',
  addresses: 'Comma-separated MAC addresses.',
  portgroup: 'Port group.',
  conductor_groups: 'Comma-separated conductor groups.',
  reset_interfaces: 'Whether a change of driver resets the interfaces that the new one does not have.',
  as_of: 'A past instant: ISO 8601 time, or revision of the node.',
  dry_run: 'Only tells what would happen: events, steps, and what destroys.',
  device_types: 'Comma-separated device types.',
  method: "Name of the vendor's method.",
  type: 'Kind to show: prefixes of event types, or driver types.',
  from: 'start, now, or a position that an event came with.',
  stream: 'Prefixes of stream names.',
  until_head: 'Whether to end once there is nothing more at the moment.',
} as const;

export const operations: Readonly<Record<string, OperationNote>> = {
  'GET /': { summary: 'Versions of the API.', status: 200 },
  'GET /v1': { summary: 'What version 1 consists of.', status: 200 },

  'GET /v1/nodes': { summary: 'Lists nodes.', status: 200, since: 1, query: [...list, ...nodeFilters] },
  'GET /v1/nodes/detail': {
    summary: 'Lists nodes with all fields.',
    status: 200,
    since: 1,
    query: ['limit', 'marker', 'sort_key', 'sort_dir', ...nodeFilters],
  },
  'POST /v1/nodes': { summary: 'Enrols a node.', status: 201, since: 1, body: 'node-create' },
  'GET /v1/nodes/:ident': {
    summary: 'Shows a node, now or as of a past instant.',
    status: 200,
    since: 1,
    query: ['fields', 'as_of'],
  },
  'PATCH /v1/nodes/:ident': {
    summary: 'Changes fields of a node.',
    status: 200,
    since: 1,
    body: 'patch',
    query: ['reset_interfaces'],
  },
  'DELETE /v1/nodes/:ident': { summary: 'Takes a node out of the records.', status: 204, since: 1 },
  'GET /v1/nodes/validate': {
    summary: 'Says which interfaces of a node can be used.',
    status: 200,
    since: 1,
    query: ['node', 'node_uuid'],
  },
  'GET /v1/nodes/:ident/validate': { summary: 'Says which interfaces of a node can be used.', status: 200, since: 1 },

  'GET /v1/nodes/:ident/states': { summary: 'States of a node.', status: 200, since: 1 },
  'PUT /v1/nodes/:ident/states/power': { summary: 'Changes the power.', status: 202, since: 1, body: 'power' },
  'PUT /v1/nodes/:ident/states/provision': {
    summary: 'Starts or ends an operation, or tells what it would do.',
    status: 202,
    since: 1,
    body: 'provision',
    query: ['dry_run'],
  },
  'PUT /v1/nodes/:ident/states/raid': {
    summary: 'Sets the RAID configuration that the next cleaning builds.',
    status: 204,
    since: 12,
    body: 'raid-config',
  },
  'GET /v1/nodes/:ident/states/console': { summary: 'The console.', status: 200, since: 1 },
  'PUT /v1/nodes/:ident/states/console': { summary: 'Switches the console.', status: 202, since: 1, body: 'console' },
  'PUT /v1/nodes/:ident/states/boot_mode': {
    summary: 'Changes the boot mode.',
    status: 202,
    since: 76,
    body: 'boot-mode',
  },
  'PUT /v1/nodes/:ident/states/secure_boot': {
    summary: 'Switches secure boot.',
    status: 202,
    since: 76,
    body: 'secure-boot',
  },

  'PUT /v1/nodes/:ident/maintenance': {
    summary: 'Puts a node in maintenance.',
    status: 202,
    since: 1,
    body: 'maintenance',
  },
  'DELETE /v1/nodes/:ident/maintenance': { summary: 'Takes a node out of maintenance.', status: 202, since: 1 },
  'GET /v1/nodes/:ident/management/boot_device': {
    summary: 'The boot device, read from the machine.',
    status: 200,
    since: 1,
  },
  'PUT /v1/nodes/:ident/management/boot_device': {
    summary: 'Sets the boot device.',
    status: 204,
    since: 1,
    body: 'boot-device',
  },
  'GET /v1/nodes/:ident/management/boot_device/supported': {
    summary: 'Boot devices that can be set.',
    status: 200,
    since: 1,
  },
  'PUT /v1/nodes/:ident/management/inject_nmi': { summary: 'Injects an NMI.', status: 204, since: 29 },
  'GET /v1/nodes/:ident/management/indicators': { summary: 'Indicators of the machine.', status: 200, since: 63 },
  'GET /v1/nodes/:ident/management/indicators/:name': {
    summary: 'State of an indicator, read from the machine.',
    status: 200,
    since: 63,
  },
  'PUT /v1/nodes/:ident/management/indicators/:name': {
    summary: 'Sets an indicator.',
    status: 204,
    since: 63,
    body: 'indicator',
  },

  'GET /v1/nodes/:ident/traits': { summary: 'Traits of a node.', status: 200, since: 37 },
  'PUT /v1/nodes/:ident/traits': { summary: 'Replaces all traits.', status: 204, since: 37, body: 'traits' },
  'PUT /v1/nodes/:ident/traits/:trait': { summary: 'Adds a trait.', status: 204, since: 37 },
  'DELETE /v1/nodes/:ident/traits': { summary: 'Removes all traits.', status: 204, since: 37 },
  'DELETE /v1/nodes/:ident/traits/:trait': { summary: 'Removes a trait.', status: 204, since: 37 },
  'GET /v1/nodes/:ident/vifs': { summary: 'VIFs attached to a node.', status: 200, since: 28 },
  'POST /v1/nodes/:ident/vifs': { summary: 'Attaches a VIF.', status: 204, since: 28, body: 'vif' },
  'DELETE /v1/nodes/:ident/vifs/:vif': { summary: 'Detaches a VIF.', status: 204, since: 28 },
  'GET /v1/nodes/:ident/bios': {
    summary: 'BIOS settings as last read.',
    status: 200,
    since: 40,
    query: ['fields', 'detail'],
  },
  'GET /v1/nodes/:ident/bios/:setting': { summary: 'One BIOS setting.', status: 200, since: 40 },
  'GET /v1/nodes/:ident/firmware': {
    summary: 'Firmware components as last read.',
    status: 200,
    since: 86,
    query: ['fields'],
  },
  'GET /v1/nodes/:ident/history': {
    summary: 'Begin and end of step flows, and every error.',
    status: 200,
    since: 78,
    query: [...list],
  },
  'GET /v1/nodes/:ident/history/:uuid': { summary: 'One entry of the history.', status: 200, since: 78 },
  'GET /v1/nodes/:ident/inventory': { summary: 'What inspection found.', status: 200, since: 81 },
  'GET /v1/nodes/:ident/children': { summary: 'Nodes whose parent this is.', status: 200, since: 83 },
  'GET /v1/nodes/:ident/vmedia': { summary: 'Virtual media.', status: 200, since: 93 },
  'POST /v1/nodes/:ident/vmedia': { summary: 'Attaches virtual media.', status: 204, since: 89, body: 'virtual-media' },
  'DELETE /v1/nodes/:ident/vmedia': {
    summary: 'Detaches virtual media.',
    status: 204,
    since: 89,
    query: ['device_types'],
  },
  'GET /v1/nodes/:ident/vendor_passthru/methods': { summary: 'Methods of the vendor.', status: 200, since: 1 },
  ...Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap(method => [
      [
        `${method} /v1/nodes/:ident/vendor_passthru`,
        { summary: 'Calls a method of the vendor.', status: 200, since: 1, query: ['method'] as const },
      ],
      [
        `${method} /v1/nodes/:ident/vendor_passthru/:method`,
        { summary: 'Calls a method of the vendor.', status: 200, since: 1 },
      ],
    ]),
  ),

  'GET /v1/nodes/:ident/ports': { summary: 'Ports of a node.', status: 200, since: 1, query: [...list] },
  'GET /v1/nodes/:ident/ports/detail': { summary: 'Ports of a node with all fields.', status: 200, since: 1 },
  'GET /v1/ports': { summary: 'Lists ports.', status: 200, since: 1, query: [...list, ...portFilters] },
  'GET /v1/ports/detail': { summary: 'Lists ports with all fields.', status: 200, since: 1, query: [...portFilters] },
  'POST /v1/ports': { summary: 'Enrols a port of a node.', status: 201, since: 1, body: 'port-create' },
  'GET /v1/ports/:ident': { summary: 'Shows a port.', status: 200, since: 1, query: ['fields'] },
  'PATCH /v1/ports/:ident': { summary: 'Changes fields of a port.', status: 200, since: 1, body: 'patch' },
  'DELETE /v1/ports/:ident': { summary: 'Removes a port.', status: 204, since: 1 },

  'GET /v1/chassis': { summary: 'Lists chassis.', status: 200, since: 1, query: [...list] },
  'GET /v1/chassis/detail': { summary: 'Lists chassis with all fields.', status: 200, since: 1 },
  'POST /v1/chassis': { summary: 'Makes a chassis.', status: 201, since: 1, body: 'chassis-create' },
  'GET /v1/chassis/:uuid': { summary: 'Shows a chassis.', status: 200, since: 1, query: ['fields'] },
  'GET /v1/chassis/:uuid/nodes': { summary: 'Nodes of a chassis.', status: 200, since: 1 },
  'GET /v1/chassis/:uuid/nodes/detail': { summary: 'Nodes of a chassis with all fields.', status: 200, since: 1 },
  'PATCH /v1/chassis/:uuid': { summary: 'Changes fields of a chassis.', status: 200, since: 1, body: 'patch' },
  'DELETE /v1/chassis/:uuid': { summary: 'Removes a chassis.', status: 204, since: 1 },

  'GET /v1/drivers': {
    summary: 'Drivers of the live conductors.',
    status: 200,
    since: 1,
    query: ['type', 'detail', 'fields'],
  },
  'GET /v1/drivers/:name': { summary: 'Shows a driver.', status: 200, since: 1, query: ['fields'] },
  'GET /v1/drivers/:name/properties': { summary: 'Keys of driver_info that a driver reads.', status: 200, since: 1 },
  'GET /v1/drivers/:name/raid/logical_disk_properties': {
    summary: 'What can be said of a logical disk.',
    status: 200,
    since: 12,
  },
  'GET /v1/drivers/:name/vendor_passthru/methods': {
    summary: 'Methods of the vendor for the driver as a whole.',
    status: 200,
    since: 1,
  },
  'GET /v1/conductors': { summary: 'Lists conductors.', status: 200, since: 49, query: [...list] },
  'GET /v1/conductors/:hostname': { summary: 'Shows a conductor.', status: 200, since: 49, query: ['fields'] },

  'GET /v1/lookup': {
    summary: 'An agent finds its node, and gets its token once in a boot.',
    status: 200,
    since: 22,
    query: ['addresses', 'node_uuid'],
  },
  'POST /v1/continue_inspection': {
    summary: 'A ramdisk tells what it found out about its machine.',
    status: 202,
    since: 1,
    query: ['node_uuid'],
  },
  'POST /v1/heartbeat/:ident': { summary: 'An agent lives.', status: 202, since: 22, body: 'heartbeat' },

  'GET /ferrolog/v1/events': {
    summary: 'Every event from any position on, for ever, as server-sent events.',
    status: 200,
    query: ['from', 'node', 'type', 'stream', 'until_head'],
  },
  'GET /ferrolog/v1/nodes/:ident': {
    summary: 'A node as its stream says, now or as of a past instant.',
    status: 200,
    query: ['as_of'],
  },
  'GET /ferrolog/v1/nodes/:ident/events': { summary: 'The events of a node.', status: 200, query: ['as_of'] },
  'GET /ferrolog/v1/nodes/:ident/timeline': {
    summary: 'What happened to a node: runs, steps, durations.',
    status: 200,
    query: ['as_of'],
  },
  'GET /ferrolog/v1/nodes/:ident/why': {
    summary: 'Root cause of the last failure of a node.',
    status: 200,
    query: ['as_of'],
  },
  'GET /ferrolog/v1/webhooks': { summary: 'Lists webhooks, and how far each was served.', status: 200 },
  'POST /ferrolog/v1/webhooks': {
    summary: 'Delivers events to an address from now on; the answer alone shows the secret that signs them.',
    status: 201,
    body: 'webhook-create',
  },
  'GET /ferrolog/v1/webhooks/:uuid': { summary: 'Shows a webhook, and how far it was served.', status: 200 },
  'PATCH /ferrolog/v1/webhooks/:uuid': {
    summary: 'Changes what is given of a webhook; shows its secret if that is changed.',
    status: 200,
    body: 'webhook-change',
  },
  'DELETE /ferrolog/v1/webhooks/:uuid': { summary: 'Ends the deliveries to a webhook.', status: 204 },
  'GET /ferrolog/v1/webhooks/:uuid/dead-letters': {
    summary: 'Events that could not be delivered to a webhook and were passed over, newest first.',
    status: 200,
  },
  'POST /ferrolog/v1/webhooks/:uuid/replay': {
    summary: 'Delivers again, or passes over, from a position on.',
    status: 202,
    body: 'webhook-replay',
  },
  'GET /ferrolog/v1/status': { summary: 'State of the fleet.', status: 200 },
  'POST /ferrolog/v1/rebuild': { summary: 'Builds the read model anew and swaps it in.', status: 200 },
  'GET /healthz': { summary: 'The process lives.', status: 200 },
  'GET /readyz': { summary: 'Requests are answered as they should be.', status: 200 },
  'GET /metrics': { summary: 'Metrics in the text format of Prometheus.', status: 200 },
  'GET /openapi.json': { summary: 'This description.', status: 200 },
  'GET /asyncapi.json': {
    summary:
      'The description of what is sent without being asked for: events by SSE, webhooks and Kafka (AsyncAPI 3.0).',
    status: 200,
  },
};
