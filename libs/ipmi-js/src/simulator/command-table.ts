import { CIPHER_SUITE_PIECE_BYTES } from '../commands/app/get-channel-cipher-suites.js';
import { LEVEL_EXCEEDS_LIMIT } from '../commands/app/set-session-privilege-level.js';
import { CHASSIS_ACTIONS } from '../commands/chassis/chassis-control.js';
import { BootParameter, PARAMETER_NOT_SUPPORTED } from '../commands/chassis/system-boot-options.js';
import { NetFn } from '../commands/command.js';
import {
  COMPLETED,
  INSUFFICIENT_PRIVILEGE,
  INVALID_COMMAND,
  INVALID_DATA_FIELD,
  INVALID_LENGTH,
} from '../completion-codes.js';
import { privilegeNumber, type Privilege } from '../privilege.js';
import { encodeCipherSuiteRecords, type CipherSuiteId } from '../wire/cipher-suites.js';
import { uint16, uint24 } from '../wire/little-endian.js';
import type { BootOptions } from './boot-options.js';
import type { Machine } from './machine.js';
import type { ActiveSession, SessionTable } from './session-table.js';

/** What a command can see and change. */
export interface SimulatedBmc {
  readonly machine: Machine;
  readonly bootOptions: BootOptions;
  readonly sessions: SessionTable;
  readonly cipherSuites: readonly CipherSuiteId[];
  readonly hasBmcKey: boolean;
  readonly userNames: readonly string[];
  readonly guid: Buffer;
  readonly deviceId: SimulatedDeviceId;
}

export interface SimulatedDeviceId {
  readonly deviceId: number;
  /** `[major, minor]`; the minor one up to 99. */
  readonly firmware: readonly [number, number];
  readonly manufacturerId: number;
  readonly productId: number;
}

export interface Reply {
  readonly completionCode: number;
  readonly data?: Buffer;
}

export interface SimulatedCommand {
  readonly name: string;
  /** Lowest level that may run it (IPMI 2.0, appendix G); undefined: anyone, outside of a session too. */
  readonly privilege?: Privilege;
  run(data: Buffer, bmc: SimulatedBmc, session?: ActiveSession): Reply;
}

/** Answers C1h to what is not in the table. */
export const commandFor = (netFn: number, code: number): SimulatedCommand =>
  COMMANDS[`${netFn}/${code}`] ?? {
    name: `Command ${code} of network function ${netFn}`,
    privilege: 'callback',
    run: () => ({ completionCode: INVALID_COMMAND }),
  };

/** Whether it may be run here; 0 or a completion code. */
export const permission = ({ privilege }: SimulatedCommand, session?: ActiveSession): number =>
  !privilege || (session && session.privilege >= privilegeNumber(privilege)) ? COMPLETED : INSUFFICIENT_PRIVILEGE;

const completed = (data?: Buffer): Reply => ({ completionCode: COMPLETED, data });
const refused = (completionCode: number): Reply => ({ completionCode });

const CHANNEL = 1;
const IPMI_20 = 0x02;

const getChannelAuthenticationCapabilities: SimulatedCommand = {
  name: 'Get Channel Authentication Capabilities',
  run(data, { hasBmcKey, userNames }) {
    if (data.length < 2) return refused(INVALID_LENGTH);
    const extended = data[0]! & 0x80;
    const named = userNames.some(name => name !== '') ? 0x04 : 0;
    const nullUser = userNames.includes('') ? 0x02 : 0;
    const status = (hasBmcKey && extended ? 0x20 : 0) | named | nullUser;
    return completed(Buffer.of(CHANNEL, extended, status, extended ? IPMI_20 : 0, 0, 0, 0, 0));
  },
};

const getChannelCipherSuites: SimulatedCommand = {
  name: 'Get Channel Cipher Suites',
  run(data, { cipherSuites }) {
    if (data.length < 3) return refused(INVALID_LENGTH);
    const from = (data[2]! & 0x3f) * CIPHER_SUITE_PIECE_BYTES;
    const piece = encodeCipherSuiteRecords(cipherSuites).subarray(from, from + CIPHER_SUITE_PIECE_BYTES);
    return completed(Buffer.concat([Buffer.of(CHANNEL), piece]));
  },
};

const getSystemGuid: SimulatedCommand = {
  name: 'Get System GUID',
  run: (_, { guid }) => completed(guid),
};

const CHASSIS_DEVICE = 0x80;

const getDeviceId: SimulatedCommand = {
  name: 'Get Device ID',
  privilege: 'user',
  run(_, { deviceId }) {
    const { firmware, manufacturerId, productId } = deviceId;
    const [major, minor] = firmware;
    const minorBcd = parseInt(String(minor), 16);
    return completed(
      Buffer.concat([
        Buffer.of(deviceId.deviceId, 0x01, major, minorBcd, 0x02, CHASSIS_DEVICE),
        uint24(manufacturerId),
        uint16(productId),
      ]),
    );
  },
};

const setSessionPrivilegeLevel: SimulatedCommand = {
  name: 'Set Session Privilege Level',
  privilege: 'callback',
  run(data, _, session) {
    if (data.length < 1 || !session) return refused(INVALID_LENGTH);
    const level = data[0]! & 0x0f;
    if (level === 1 || level > privilegeNumber('oem')) return refused(INVALID_DATA_FIELD);
    if (level > session.limit) return refused(LEVEL_EXCEEDS_LIMIT);
    if (level !== 0) session.privilege = level;
    return completed(Buffer.of(session.privilege));
  },
};

const INVALID_SESSION_ID = 0x87;

const closeSession: SimulatedCommand = {
  name: 'Close Session',
  privilege: 'callback',
  run(data, { sessions }) {
    if (data.length < 4) return refused(INVALID_LENGTH);
    return sessions.close(data.readUInt32LE()) ? completed() : refused(INVALID_SESSION_ID);
  },
};

const getChassisStatus: SimulatedCommand = {
  name: 'Get Chassis Status',
  privilege: 'user',
  run: (_, { machine }) =>
    completed(Buffer.of(machine.power === 'on' ? 0x21 : 0x20, machine.onByCommand ? 0x10 : 0, 0, 0)),
};

const chassisControl: SimulatedCommand = {
  name: 'Chassis Control',
  privilege: 'operator',
  run(data, { machine }) {
    if (data.length < 1) return refused(INVALID_LENGTH);
    const action = CHASSIS_ACTIONS[data[0]! & 0x0f];
    return refused(action ? machine.control(action) : INVALID_DATA_FIELD);
  },
};

const PERSISTENT = 0x40;

const setSystemBootOptions: SimulatedCommand = {
  name: 'Set System Boot Options',
  privilege: 'operator',
  run(data, { bootOptions }, session) {
    if (data.length < 1) return refused(INVALID_LENGTH);
    const parameter = data[0]! & 0x7f;
    const value = data.subarray(1);
    // "Persistent" can be set by an administrator only (IPMI 2.0, table 28-14).
    const wantsPersistence = parameter === BootParameter.bootFlags && ((value[0] ?? 0) & PERSISTENT) !== 0;
    if (wantsPersistence && session!.privilege < privilegeNumber('administrator'))
      return refused(INSUFFICIENT_PRIVILEGE);
    return refused(bootOptions.write(parameter, value));
  },
};

const PARAMETER_VERSION = 0x01;

const getSystemBootOptions: SimulatedCommand = {
  name: 'Get System Boot Options',
  privilege: 'operator',
  run(data, { bootOptions }) {
    if (data.length < 3) return refused(INVALID_LENGTH);
    const parameter = data[0]! & 0x7f;
    const value = bootOptions.read(parameter);
    return value
      ? completed(Buffer.concat([Buffer.of(PARAMETER_VERSION, parameter), value]))
      : refused(PARAMETER_NOT_SUPPORTED);
  },
};

const COMMANDS: Readonly<Record<string, SimulatedCommand>> = {
  [`${NetFn.app}/1`]: getDeviceId,
  [`${NetFn.app}/55`]: getSystemGuid,
  [`${NetFn.app}/56`]: getChannelAuthenticationCapabilities,
  [`${NetFn.app}/59`]: setSessionPrivilegeLevel,
  [`${NetFn.app}/60`]: closeSession,
  [`${NetFn.app}/84`]: getChannelCipherSuites,
  [`${NetFn.chassis}/1`]: getChassisStatus,
  [`${NetFn.chassis}/2`]: chassisControl,
  [`${NetFn.chassis}/8`]: setSystemBootOptions,
  [`${NetFn.chassis}/9`]: getSystemBootOptions,
};
