export type { BootingAgents } from './agent/agent-interfaces.js';
export { agentInterfaces } from './agent/agent-interfaces.js';
export { AgentClient } from './agent/agent-client.js';
export { Drivers } from './drivers.js';
export { fakeHardware } from './fake/fake-hardware.js';
export { FakeMemory } from './fake/fake-machine.js';
export { FleetCatalog } from './fleet-catalog.js';
export * from './hardware-type.js';
export * from './hardware-types.js';
