import type { Bag } from '#domain';
import { fakeManagement, fakePower } from '../fake/fake-interfaces.js';
import { anEffect, aNode } from './an-effect.js';
import type { ManagedMachine } from './management-contract.js';
import { managementContract } from './management-contract.js';
import type { PoweredMachine } from './power-contract.js';
import { powerContract } from './power-contract.js';

/** A fake machine is what is recorded about its node. */
const aFakeMachine = (): PoweredMachine & ManagedMachine => {
  let node = aNode();
  const press = (power: string) => {
    node = { ...node, power: { ...node.power, state: power } };
  };
  press('power off');
  return {
    power: fakePower,
    management: fakeManagement,
    effect: args => anEffect({ node, args }),
    learn({ powerState, device, persistent }: Bag) {
      if (powerState) press(powerState as string);
      if (device) node = { ...node, boot: { ...node.boot, device: device as string, persistent: persistent === true } };
    },
    isOn: () => node.power.state === 'power on',
    press: power => press(`power ${power}`),
  };
};

powerContract('The power of a fake machine', aFakeMachine);
managementContract('The management of a fake machine', aFakeMachine);
