export { authenticationCapabilities, connect, presencePing } from './client/connect.js';
export type { BmcAddress, ConnectOptions } from './client/connect-options.js';
export type { Bmc, RunOptions } from './client/bmc.js';
export * from './errors.js';
export { completionText } from './completion-codes.js';
export type { Privilege } from './privilege.js';
export { isSupportedCipherSuite, type CipherSuiteId } from './wire/cipher-suites.js';
export type { PresencePong } from './wire/presence-ping.js';

export { rawCommand, type Command } from './commands/command.js';
export type { AuthenticationCapabilities } from './commands/app/get-channel-authentication-capabilities.js';
export type { DeviceId } from './commands/app/get-device-id.js';
export type { SystemGuid } from './commands/app/get-system-guid.js';
export type { BootDeviceChoice } from './commands/chassis/boot-device.js';
export { BOOT_DEVICES, type BootDevice, type BootFlags } from './commands/chassis/boot-flags.js';
export { CHASSIS_ACTIONS, type ChassisAction } from './commands/chassis/chassis-control.js';
export type { ChassisStatus, Power } from './commands/chassis/get-chassis-status.js';

export { createBmcSimulator, type BmcSimulator, type BmcSimulatorOptions } from './simulator/bmc-simulator.js';
export type { Fault } from './simulator/faults.js';
