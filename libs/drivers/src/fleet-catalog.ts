import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DriverCatalog, DriverManifest, ImplementationManifest, InterfaceType, Node } from '#domain';
import { implementationOf } from '#domain';

interface Member {
  readonly host: string;
  readonly conductorGroup: string;
  readonly manifests: readonly DriverManifest[];
}

/** What the conductors of the fleet offer at this moment, by group and hardware type. */
export class FleetCatalog implements DriverCatalog {
  readonly #members = new Map<string, Member>();
  readonly #ajv = new Ajv2020({ strict: false });
  readonly #validators = new WeakMap<object, ValidateFunction>();
  readonly #drivers = new Map<string, DriverManifest>();

  /** A conductor joined, or came back with other drivers. */
  put(member: Member): void {
    this.#members.set(member.host, member);
    this.#index();
  }

  remove(host: string): void {
    if (this.#members.delete(host)) this.#index();
  }

  driver(hardwareType: string, conductorGroup: string): DriverManifest | undefined {
    return this.#drivers.get(`${conductorGroup}:${hardwareType}`);
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
    return implementation.notYet ?? this.#schemaRefusal(implementation, node);
  }

  #schemaRefusal({ driverInfo }: ImplementationManifest, node: Node): string | undefined {
    if (!driverInfo) return undefined;
    const validate = this.#validators.get(driverInfo) ?? this.#ajv.compile(driverInfo);
    this.#validators.set(driverInfo, validate);
    if (validate(node.attributes.driver_info)) return undefined;
    const [error] = validate.errors ?? [];
    if (error?.keyword === 'required')
      return `driver_info must have '${(error.params as { missingProperty: string }).missingProperty}'`;
    return `driver_info${(error?.instancePath ?? '').replaceAll('/', '.')} ${error?.message}`;
  }

  #index(): void {
    this.#drivers.clear();
    for (const { conductorGroup, manifests } of this.#members.values())
      for (const manifest of manifests) this.#drivers.set(`${conductorGroup}:${manifest.hardwareType}`, manifest);
  }
}
