import type { DriverCatalog, DriverManifest } from '../../ports/driver-catalog.js';
import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node, NodeAttributes } from '../node.js';
import { defaultAttributes } from '../node.js';
import { invalid } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';
import { resolveInterfaces } from './interfaces.js';

export interface EnrolNode {
  readonly attributes: Partial<NodeAttributes> & { readonly driver: string };
  /** Before microversion 1.11 nodes began as available. */
  readonly provisionState: 'enroll' | 'available';
  readonly maintenance?: boolean;
  readonly retired?: boolean;
  readonly retiredReason?: string | null;
  readonly bootMode?: string | null;
  readonly secureBoot?: boolean | null;
  readonly consoleEnabled?: boolean;
}

/** Decided on the folded stream: a deleted node counts as absent, its uuid may come back. */
export const enrolNode = (data: EnrolNode, node: Node, surroundings: Surroundings): NodeEvent[] => {
  const { attributes: given, ...rest } = data;
  if (node.present)
    throw new Problem({
      code: 'node.exists',
      title: 'The node is enrolled already',
      detail: `A node with UUID ${node.uuid} already exists.`,
    });
  const { settings, catalog } = surroundings;
  const conductor_group = (given.conductor_group ?? settings.defaultConductorGroup).toLowerCase();
  const driver = offeredDriver(given.driver, conductor_group, catalog);
  requireSizes(given.properties ?? {});
  const attributes = {
    ...withoutDefaults(given),
    ...resolveInterfaces(given, driver),
    ...(conductor_group && { conductor_group }),
    resource_class: given.resource_class ?? settings.defaultResourceClass,
  };
  return [nodeEvent('NodeEnrolled', { uuid: node.uuid, attributes, targetProvisionState: null, ...rest })];
};

/** An event says what was chosen; what was left out stays out. */
const withoutDefaults = (given: Partial<NodeAttributes>): Partial<NodeAttributes> =>
  Object.fromEntries(
    Object.entries(given).filter(([name, value]) => {
      const standard = defaultAttributes[name as keyof NodeAttributes];
      return value !== null && JSON.stringify(value) !== JSON.stringify(standard);
    }),
  );

/**
 * What the driver offers, by a conductor of the group that lives.
 *
 * @throws Problem node.driver-missing · conductor.unavailable where conductors have it and none of them lives
 */
export const offeredDriver = (name: string, group: string, catalog: DriverCatalog): DriverManifest => {
  const driver = catalog.driver(name, group);
  if (driver) return driver;
  if (catalog.isAway(name, group))
    throw new Problem({
      code: 'conductor.unavailable',
      title: 'No conductor with this driver is there at the moment',
      detail: `The conductors of the group "${group}" that support driver ${name} cannot be reached at the moment.`,
      hint: 'Repeat the request when one of them is back; baremetal conductor list shows them.',
    });
  throw new Problem({
    code: 'node.driver-missing',
    title: 'No conductor has this driver',
    detail: `No valid host was found. Reason: No conductor service registered which supports driver ${name} for conductor group "${group}". Ensure the driver is valid and enabled.`,
    hint: 'baremetal driver list shows the drivers there are.',
  });
};

/** Sizes that Ironic counts with. */
export const requireSizes = (properties: Readonly<Record<string, unknown>>): void => {
  for (const name of ['local_gb', 'memory_mb']) {
    const value = properties[name];
    if (value === undefined || value === null) continue;
    if (!/^\d+$/.test(String(value)))
      throw invalid(
        `The following properties for node should be non-negative integers, but provided values are: ${name}=${JSON.stringify(value)}`,
      );
  }
};
