import type { DriverManifest, InterfaceType } from '#domain';
import { interfaceTypes } from '#domain';
import type { HardwareType, Implementation } from './hardware-type.js';
import { manifestOf } from './hardware-type.js';
import { commonPublicKeys } from './public-keys.js';

/** The drivers that a conductor has. */
export class Drivers {
  readonly #byName: ReadonlyMap<string, HardwareType>;

  constructor(hardwareTypes: readonly HardwareType[]) {
    this.#byName = new Map(hardwareTypes.map(type => [type.name, type]));
  }

  get names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  implementation(hardwareType: string, type: InterfaceType, name: string): Implementation | undefined {
    return this.#byName.get(hardwareType)?.interfaces[type].find(implementation => implementation.name === name);
  }

  /** What they offer, for the fleet. */
  manifests(): DriverManifest[] {
    return [...this.#byName.values()].map(({ name, publicKeys, interfaces }) => ({
      hardwareType: name,
      publicKeys: [...commonPublicKeys, ...publicKeys],
      interfaces: Object.fromEntries(
        interfaceTypes.map(type => [type, interfaces[type].map(implementation => manifestOf(implementation, true))]),
      ) as unknown as DriverManifest['interfaces'],
    }));
  }

  /** Gives back what they hold, when no effect will come any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map(type => type.close?.()));
  }
}
