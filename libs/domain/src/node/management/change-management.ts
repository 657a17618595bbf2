import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { requestAction, requireSupported } from '../action/actions.js';
import { implementationOf } from '../operation/plan.js';
import { requireDriver } from '../operation/start.js';
import { invalid, locked, requirePresent } from '../refusals.js';
import { isInTransition } from '../state-sets.js';
import type { Surroundings } from '../surroundings.js';

// Changes through the management, console and vendor interfaces: each is asked for, done by the conductor, recorded.

export const setBootDevice = (
  data: { readonly device: string; readonly persistent: boolean },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  requireSupported(
    node,
    'management',
    'boot devices',
    data.device,
    `Invalid boot device ${data.device} specified.`,
    surroundings,
  );
  return requestAction(
    node,
    'BootDeviceChange',
    { type: 'management', method: 'set_boot_device', args: { ...data }, effect: 'idempotent' },
    surroundings,
  );
};

const requireSettled = (node: Node, what: string): void => {
  if (isInTransition(node.provisionState))
    throw new Problem({
      code: 'node.busy',
      title: 'The node is in a transition',
      detail: `Cannot set ${what} on node ${node.uuid}: a provision state transition is in progress ("${node.provisionState}").`,
      hint: 'Retry when the node has come to rest.',
    });
};

export const setBootMode = (data: { readonly mode: string }, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  requireSettled(node, 'boot mode');
  requireSupported(
    node,
    'management',
    'boot modes',
    data.mode,
    `Invalid boot mode ${data.mode} specified.`,
    surroundings,
  );
  return requestAction(
    node,
    'BootModeChange',
    { type: 'management', method: 'set_boot_mode', args: { mode: data.mode }, effect: 'idempotent' },
    surroundings,
  );
};

export const setSecureBoot = (
  data: { readonly state: boolean },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  requireSettled(node, 'secure boot');
  requireSupported(
    node,
    'management',
    'secure boot',
    String(data.state),
    'Secure boot cannot be changed on this node.',
    surroundings,
  );
  return requestAction(
    node,
    'SecureBootChange',
    { type: 'management', method: 'set_secure_boot_state', args: { state: data.state }, effect: 'idempotent' },
    surroundings,
  );
};

export const injectNmi = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  requireSupported(node, 'management', 'nmi', 'inject', 'This node cannot take an NMI.', surroundings);
  return requestAction(
    node,
    'NmiInjection',
    { type: 'management', method: 'inject_nmi', args: {}, effect: 'once' },
    surroundings,
  );
};

export const setIndicator = (
  data: { readonly component: string; readonly indicator: string; readonly state: string },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const name = `${data.indicator}@${data.component}`;
  requireSupported(
    node,
    'management',
    'indicators',
    name,
    `Indicator ${name} does not exist or cannot be set.`,
    surroundings,
  );
  return requestAction(
    node,
    'IndicatorChange',
    { type: 'management', method: 'set_indicator_state', args: { ...data }, effect: 'idempotent' },
    surroundings,
  );
};

export const setConsole = (
  data: { readonly enabled: boolean },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  if (node.consoleEnabled === data.enabled) return [];
  return requestAction(
    node,
    'ConsoleChange',
    { type: 'console', method: data.enabled ? 'start_console' : 'stop_console', args: {}, effect: 'idempotent' },
    surroundings,
  );
};

export const attachVirtualMedia = (
  data: { readonly deviceType: string; readonly args: Bag },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  requireSupported(
    node,
    'management',
    'virtual media',
    data.deviceType,
    `Virtual media ${data.deviceType} is not supported.`,
    surroundings,
  );
  return requestAction(
    node,
    'VirtualMediaChange',
    { type: 'management', method: 'attach_virtual_media', args: data.args, effect: 'idempotent' },
    surroundings,
  );
};

export const detachVirtualMedia = (
  data: { readonly deviceTypes: readonly string[] },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  for (const type of data.deviceTypes)
    requireSupported(
      node,
      'management',
      'virtual media',
      type,
      `Virtual media ${type} is not supported.`,
      surroundings,
    );
  return requestAction(
    node,
    'VirtualMediaChange',
    {
      type: 'management',
      method: 'detach_virtual_media',
      args: { device_types: data.deviceTypes },
      effect: 'idempotent',
    },
    surroundings,
  );
};

/** A vendor's own method. Which ones there are is in the driver's manifest. */
export const callVendorPassthru = (
  data: { readonly method: string; readonly httpMethod: string; readonly args: Bag },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const methods = implementationOf(node, requireDriver(node, surroundings), 'vendor')?.passthru ?? {};
  const method = Object.hasOwn(methods, data.method) ? methods[data.method] : undefined;
  if (!method) throw invalid(`No handler for method ${data.method}`);
  if (!method.methods.includes(data.httpMethod))
    throw invalid(
      `The method ${data.method} does not support HTTP ${data.httpMethod}. Supported: ${method.methods.join(', ')}`,
    );
  if (method.exclusive && node.reservation !== null) throw locked(node);
  return requestAction(
    node,
    'VendorPassthru',
    { type: 'vendor', method: data.method, args: data.args, effect: method.effect },
    surroundings,
  );
};
