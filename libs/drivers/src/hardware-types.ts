import { Misconfigured } from '#domain';
import { fakeHardware } from './fake/fake-hardware.js';
import type { FakeMemory } from './fake/fake-machine.js';
import type { HardwareType } from './hardware-type.js';
import { ipmi } from './ipmi/ipmi.js';

export interface DriverOptions {
  readonly hardwareTypes: readonly string[];
  readonly ipmiFakeDeploy: boolean;
}

/** A driver was asked for that there is not. */
export class UnknownHardwareType extends Misconfigured {}

/** The drivers that the configuration asks for, by name. */
export const hardwareTypes = (options: DriverOptions, memory: FakeMemory): HardwareType[] => {
  const all: Readonly<Record<string, () => HardwareType>> = {
    'fake-hardware': () => fakeHardware(memory),
    ipmi: () => ipmi({ fakeDeploy: options.ipmiFakeDeploy }),
  };
  return options.hardwareTypes.map(name => {
    const make = Object.hasOwn(all, name) ? all[name] : undefined;
    if (!make) throw new UnknownHardwareType(`There is no driver ${name}. There are: ${Object.keys(all).join(', ')}.`);
    return make();
  });
};
