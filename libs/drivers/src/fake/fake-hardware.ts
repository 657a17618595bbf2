import type { AgentInterfaces } from '../agent/agent-interfaces.js';
import type { HardwareType } from '../hardware-type.js';
import { missing } from '../hardware-type.js';
import { flatNetwork, noopNetwork } from '../network/networks.js';
import { noopStorage } from '../noop/noop.js';
import {
  fakeBios,
  fakeBoot,
  fakeConsole,
  fakeDeployWithErase,
  fakeFirmwareInterface,
  fakeInspect,
  fakeManagement,
  fakePower,
  fakeRaid,
  fakeRescue,
  fakeStorage,
  fakeVendor,
} from './fake-interfaces.js';
import { knobNames } from './fake-knobs.js';
import type { FakeMemory } from './fake-machine.js';

/** A full driver without hardware: every flow runs on it. */
export const fakeHardware = (memory: FakeMemory, agents: AgentInterfaces): HardwareType => ({
  name: 'fake-hardware',
  publicKeys: [...knobNames, 'fake_address', 'fake_username', 'B1', 'B2', 'A1', 'A2'],
  interfaces: {
    bios: [fakeBios, missing('bios')],
    boot: [fakeBoot, ...agents.boot],
    console: [fakeConsole, missing('console')],
    deploy: [fakeDeployWithErase(memory), ...agents.deploy],
    firmware: [fakeFirmwareInterface(memory), missing('firmware')],
    inspect: [fakeInspect, agents.inspect, missing('inspect')],
    management: [fakeManagement],
    network: [flatNetwork, noopNetwork],
    power: [fakePower],
    raid: [fakeRaid(memory), missing('raid'), agents.raid],
    rescue: [fakeRescue, missing('rescue'), agents.rescue],
    storage: [noopStorage, fakeStorage],
    vendor: [fakeVendor, missing('vendor')],
  },
});
