import type { DriverCatalog, DriverManifest, InterfaceType, Node } from '#domain';
import { implementationOf } from '#domain';
import { driverInfoRefusal } from './driver-info-refusal.js';

interface Member {
  readonly host: string;
  readonly conductorGroup: string;
  readonly manifests: readonly DriverManifest[];
}

/** What the conductors of the fleet offer at this moment, by group and hardware type. */
export class FleetCatalog implements DriverCatalog {
  readonly #members = new Map<string, Member>();
  readonly #drivers = new Map<string, DriverManifest>();
  /** By host of a conductor that does not live, its drivers as the keys of `#drivers`. */
  readonly #away = new Map<string, readonly string[]>();
  #isSeen = true;

  /** A conductor joined, or came back with other drivers. */
  put(member: Member): void {
    this.#members.set(member.host, member);
    this.#away.delete(member.host);
    this.#index();
  }

  /** A conductor registered with these drivers, and does not live. */
  putAway(host: string, conductorGroup: string, hardwareTypes: readonly string[]): void {
    this.#away.set(
      host,
      hardwareTypes.map(type => keyOf(conductorGroup, type)),
    );
  }

  remove(host: string): void {
    if (this.#members.delete(host)) this.#index();
  }

  /** Until the fleet was seen once, any driver may be one of it. */
  hasSeenFleet(isSeen: boolean): void {
    this.#isSeen = isSeen;
  }

  driver(hardwareType: string, conductorGroup: string): DriverManifest | undefined {
    return this.#drivers.get(keyOf(conductorGroup, hardwareType));
  }

  isAway(hardwareType: string, conductorGroup: string): boolean {
    const key = keyOf(conductorGroup, hardwareType);
    if (this.#drivers.has(key)) return false;
    return !this.#isSeen || [...this.#away.values()].some(keys => keys.includes(key));
  }

  /** Hosts of the conductors that have the driver for nodes of the group. */
  hostsOf(hardwareType: string, conductorGroup: string): string[] {
    return [...this.#members.values()]
      .filter(member => member.conductorGroup === conductorGroup)
      .filter(({ manifests }) => manifests.some(manifest => manifest.hardwareType === hardwareType))
      .map(({ host }) => host);
  }

  /** Every driver once, whatever the group, with the hosts that have it. */
  drivers(): { readonly manifest: DriverManifest; readonly hosts: readonly string[] }[] {
    const byType = new Map<string, { manifest: DriverManifest; hosts: string[] }>();
    for (const { host, manifests } of this.#members.values())
      for (const manifest of manifests) {
        const known = byType.get(manifest.hardwareType);
        if (known) known.hosts.push(host);
        else byType.set(manifest.hardwareType, { manifest, hosts: [host] });
      }
    return [...byType.values()].sort((a, b) => (a.manifest.hardwareType < b.manifest.hardwareType ? -1 : 1));
  }

  refusal(node: Node, type: InterfaceType): string | undefined {
    const driver = this.driver(node.attributes.driver, node.attributes.conductor_group);
    if (!driver)
      return `no conductor has the driver ${node.attributes.driver} for the group "${node.attributes.conductor_group}"`;
    const implementation = implementationOf(node, driver, type);
    if (!implementation) return `the driver has no ${type} interface of the node's name`;
    if (implementation.missing) return `not supported: the ${type} interface is ${implementation.name}`;
    if (implementation.notYet !== undefined) return implementation.notYet;
    if (implementation.needsPort && !Object.values(node.ports).some(({ attributes }) => attributes.pxe_enabled))
      return `node ${node.uuid} has no port that boots from the network (pxe_enabled)`;
    const { driverInfo, instanceInfo } = implementation;
    return (
      (driverInfo && driverInfoRefusal(driverInfo, node.attributes.driver_info)) ??
      (instanceInfo && driverInfoRefusal(instanceInfo, node.attributes.instance_info, 'instance_info'))
    );
  }

  #index(): void {
    this.#drivers.clear();
    for (const { conductorGroup, manifests } of this.#members.values())
      for (const manifest of manifests) this.#drivers.set(keyOf(conductorGroup, manifest.hardwareType), manifest);
  }
}

const keyOf = (conductorGroup: string, hardwareType: string): string => `${conductorGroup}:${hardwareType}`;
