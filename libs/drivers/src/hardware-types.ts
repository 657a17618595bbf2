import { Misconfigured } from '#domain';
import type { BootingAgents } from './agent/agent-interfaces.js';
import { agentInterfaces } from './agent/agent-interfaces.js';
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

/** The drivers that the configuration asks for, by name; they boot agents where the conductor has what that takes. */
export const hardwareTypes = (options: DriverOptions, memory: FakeMemory, booting?: BootingAgents): HardwareType[] => {
  const agents = agentInterfaces(booting);
  const all: Readonly<Record<string, () => HardwareType>> = {
    'fake-hardware': () => fakeHardware(memory, agents),
    ipmi: () => ipmi({ fakeDeploy: options.ipmiFakeDeploy, agents }),
  };
  return options.hardwareTypes.map(name => {
    const make = Object.hasOwn(all, name) ? all[name] : undefined;
    if (!make) throw new UnknownHardwareType(`There is no driver ${name}. There are: ${Object.keys(all).join(', ')}.`);
    return make();
  });
};
