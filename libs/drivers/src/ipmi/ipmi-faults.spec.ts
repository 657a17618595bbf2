import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { BmcSimulatorOptions } from '#ipmi-js';
import type { Bag } from '#domain';
import { rejection } from '../contracts/an-effect.js';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import { aBench, closeBenches, PASSWORD, type Bench } from './test-bench.js';

interface Case {
  readonly what: string;
  readonly simulator?: Partial<BmcSimulatorOptions>;
  readonly driverInfo?: Bag;
  readonly arrange?: (bench: Bench) => unknown;
  readonly target?: string;
  readonly kind: typeof HardwareRefused | typeof HardwareUnreachable;
  readonly sentence: RegExp;
  readonly hint: RegExp;
}

const CREDENTIALS = / in driver_info$/;
const cases: readonly Case[] = [
  {
    what: 'a wrong password',
    driverInfo: { ipmi_password: 'battery staple' },
    kind: HardwareRefused,
    sentence: /^the BMC 127\.0\.0\.1:\d+ has another password for this user; look at ipmi_username, ipmi_password/,
    hint: /driver-info/,
  },
  {
    what: 'a wrong name',
    driverInfo: { ipmi_username: 'nobody' },
    kind: HardwareRefused,
    sentence: CREDENTIALS,
    hint: /driver-info/,
  },
  {
    what: 'a wrong BMC key',
    driverInfo: { ipmi_hex_kg_key: 'ffff' },
    kind: HardwareRefused,
    sentence: /another BMC key.*ipmi_hex_kg_key/,
    hint: /driver-info/,
  },
  {
    what: 'a level that the user has not',
    simulator: { users: { admin: { password: PASSWORD, privilege: 'user' } } },
    kind: HardwareRefused,
    sentence: /ipmi_priv_level in driver_info$/,
    hint: /driver-info/,
  },
  {
    what: 'a level that may not switch power',
    driverInfo: { ipmi_priv_level: 'USER' },
    target: 'power on',
    kind: HardwareRefused,
    sentence: /refuses Chassis Control \(power up\): Insufficient privilege.*ipmi_priv_level in driver_info is USER$/,
    hint: /Raise ipmi_priv_level/,
  },
  {
    what: 'a cipher suite that the BMC has not',
    simulator: { cipherSuites: [3] },
    driverInfo: { ipmi_cipher_suite: 17 },
    kind: HardwareRefused,
    sentence: /cipher suite 17.*look at ipmi_cipher_suite/,
    hint: /Leave ipmi_cipher_suite out/,
  },
  {
    what: 'no free session',
    simulator: { maxSessions: 0 },
    kind: HardwareUnreachable,
    sentence: /opens no session: Insufficient resources/,
    hint: /wait a minute/,
  },
  {
    what: 'a BMC that is starting',
    arrange: ({ bmc }) => bmc.inject({ fault: 'refuse', on: 'Get Chassis Status', completionCode: 0xd2 }),
    kind: HardwareUnreachable,
    sentence: /^the BMC at 127\.0\.0\.1:\d+ refuses Get Chassis Status: BMC initialization/,
    hint: /try again/,
  },
  {
    what: 'a BMC that does not know a command',
    arrange: ({ bmc }) => bmc.inject({ fault: 'refuse', on: 'Get Chassis Status', completionCode: 0xc1 }),
    kind: HardwareRefused,
    sentence: /refuses Get Chassis Status: Invalid command \(0xc1\)$/,
    hint: /BMC's own log/,
  },
  {
    what: 'a BMC that is not there',
    arrange: ({ bmc }) => bmc.close(),
    kind: HardwareUnreachable,
    sentence: /^the BMC 127\.0\.0\.1:\d+ gave no answer to/,
    hint: /ipmi_address and ipmi_port.*UDP/,
  },
  {
    what: 'a name that nobody knows',
    driverInfo: { ipmi_address: 'bmc.invalid' },
    kind: HardwareUnreachable,
    sentence: /^the BMC bmc\.invalid:\d+ cannot be reached: /,
    hint: /ipmi_address/,
  },
  {
    what: 'a password that is too long for IPMI',
    driverInfo: { ipmi_password: 'battery staple '.repeat(3) },
    kind: HardwareRefused,
    sentence: /^driver_info ipmi_password: at most 20 bytes$/,
    hint: /driver-info/,
  },
];

closeBenches();

describe('An operator is told of', () => {
  it.each(cases)('$what', async ({ simulator, driverInfo, arrange, target, kind, sentence, hint }) => {
    const bench = await aBench(simulator);
    await arrange?.(bench);
    const given = { driverInfo: { ...bench.driverInfo, ...driverInfo } };
    const { power, effect } = bench;
    const error = (await rejection(
      target
        ? power.actions!.set_power_state!(effect({ target }, given))
        : power.reads!.get_power_state!(effect({}, given)),
    )) as HardwareRefused;
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(sentence);
    expect(error.hint).toMatch(hint);
    const shown = inspect(error, { depth: 20, showHidden: true });
    for (const secret of [...bench.secrets, 'battery staple']) expect(shown).not.toContain(secret);
  });
});
