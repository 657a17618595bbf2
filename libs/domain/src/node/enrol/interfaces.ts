import type { DriverManifest } from '../../ports/driver-catalog.js';
import { Problem } from '../../problem.js';
import type { Bag, InterfaceType, NodeAttributes } from '../node.js';
import { interfaceTypes } from '../node.js';

type Interfaces = { [T in InterfaceType as `${T}_interface`]: string };

/**
 * The implementation of every interface: the one given, else the first enabled one in the driver's order
 * (Ironic, hardware types).
 *
 * @throws Problem node.interface-unknown · node.interface-unsupported
 */
export const resolveInterfaces = (given: Partial<NodeAttributes> | Bag, driver: DriverManifest): Interfaces =>
  Object.fromEntries(
    interfaceTypes.map(type => [
      `${type}_interface`,
      resolve(type, (given as Bag)[`${type}_interface`] as string | null | undefined, driver),
    ]),
  ) as Interfaces;

const resolve = (type: InterfaceType, given: string | null | undefined, driver: DriverManifest): string => {
  const offered = driver.interfaces[type];
  const enabled = offered.filter(implementation => implementation.enabled).map(({ name }) => name);
  if (given === null || given === undefined) {
    if (enabled[0]) return enabled[0];
    throw new Problem({
      code: 'node.interface-unsupported',
      title: 'There is no default for an interface',
      detail: `For hardware type '${driver.hardwareType}', no default value found for ${type} interface.`,
      hint: `Enable one of: ${offered.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (enabled.includes(given)) return given;
  const isOffered = offered.some(({ name }) => name === given);
  throw new Problem({
    code: isOffered ? 'node.interface-unsupported' : 'node.interface-unknown',
    title: isOffered ? 'The interface is not enabled' : 'The driver has no such interface',
    detail: `Could not find the following interface in the '${driver.hardwareType}' driver's ${type} interfaces: ${given}. Valid interfaces are ${JSON.stringify(enabled)}.`,
    hint: "Which ones are enabled is a matter of the conductors' configuration.",
  });
};

/** Interfaces that the driver does not have, by field: those that a change of the driver has to reset. */
export const incompatibleInterfaces = (attributes: NodeAttributes, driver: DriverManifest): InterfaceType[] =>
  interfaceTypes.filter(
    type => !driver.interfaces[type].some(({ name, enabled }) => enabled && name === attributes[`${type}_interface`]),
  );
