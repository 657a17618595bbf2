import { describe, expect, it } from '@jest/globals';
import { driverInfoRefusal } from '../driver-info-refusal.js';
import { HardwareRefused } from '../hardware-type.js';
import { connectOptionsOf, disablesBootTimeout, forcesBootDevice, ipmiDriverInfo } from './driver-info.js';

const address = { ipmi_address: '192.0.2.7' };
const SEALED = { $sealed: 'v1.AAAA' };

describe('driver_info of IPMI', () => {
  it.each([
    [{}, "driver_info must have 'ipmi_address'"],
    [{ ipmi_address: '' }, 'driver_info ipmi_address must be the name or the IP address of the BMC'],
    [{ ipmi_address: 'ipmi://192.0.2.7' }, 'without scheme or port'],
    [{ ...address, ipmi_port: 0 }, 'driver_info ipmi_port must be a port from 1 to 65535'],
    [{ ...address, ipmi_port: 65_536 }, 'ipmi_port'],
    [{ ...address, ipmi_port: 6.5 }, 'ipmi_port'],
    [{ ...address, ipmi_port: '0' }, 'ipmi_port'],
    [{ ...address, ipmi_port: '65536' }, 'ipmi_port'],
    [{ ...address, ipmi_port: '623x' }, 'ipmi_port'],
    [{ ...address, ipmi_priv_level: 'ROOT' }, 'CALLBACK, USER, OPERATOR, ADMINISTRATOR'],
    [{ ...address, ipmi_cipher_suite: 0 }, 'driver_info ipmi_cipher_suite must be 3 or 17'],
    [{ ...address, ipmi_cipher_suite: '8' }, 'ipmi_cipher_suite'],
    [{ ...address, ipmi_hex_kg_key: 'abc' }, 'an even number of hexadecimal digits'],
    [{ ...address, ipmi_hex_kg_key: 'ab'.repeat(21) }, '40 at most'],
    [{ ...address, ipmi_protocol_version: '1.5' }, 'sessions of IPMI 1.5 are not supported here'],
    [{ ...address, ipmi_protocol_version: 1.5 }, 'sessions of IPMI 1.5 are not supported here'],
    [{ ...address, ipmi_bridging: 'single' }, 'single and dual bridging are not supported here'],
    [{ ...address, ipmi_bridging: 'dual' }, 'single and dual bridging are not supported here'],
    [{ ...address, ipmi_force_boot_device: 'perhaps' }, 'ipmi_force_boot_device must be true or false'],
  ])('%j is refused: %s', (driverInfo, sentence) => {
    expect(driverInfoRefusal(ipmiDriverInfo, driverInfo)).toContain(sentence);
    expect(() => connectOptionsOf(driverInfo)).toThrow(HardwareRefused);
    expect(() => connectOptionsOf(driverInfo)).toThrow(sentence);
  });

  it.each([
    address,
    { ipmi_address: 'fd00::7', ipmi_port: 6230 },
    { ...address, ipmi_port: '65535', ipmi_priv_level: 'OPERATOR', ipmi_cipher_suite: '17' },
    { ...address, ipmi_protocol_version: '2.0', ipmi_bridging: 'no', ipmi_terminal_port: 1234 },
    { ...address, ipmi_username: 'admin', ipmi_password: SEALED, ipmi_hex_kg_key: SEALED },
    { ...address, ipmi_username: 42, ipmi_password: 42, ipmi_disable_boot_timeout: 'false' },
  ])('%j is taken', driverInfo => {
    expect(driverInfoRefusal(ipmiDriverInfo, driverInfo)).toBeUndefined();
  });

  it('becomes options of the connection', () => {
    expect(connectOptionsOf(address)).toEqual({
      host: '192.0.2.7',
      port: 623,
      privilege: 'administrator',
    });
    expect(
      connectOptionsOf({
        ...address,
        ipmi_port: '6230',
        ipmi_username: 'admin',
        ipmi_password: 1234,
        ipmi_priv_level: 'OPERATOR',
        ipmi_cipher_suite: '3',
        ipmi_hex_kg_key: 'a0b1',
      }),
    ).toEqual({
      host: '192.0.2.7',
      port: 6230,
      username: 'admin',
      password: '1234',
      privilege: 'operator',
      cipherSuite: 3,
      kg: 'a0b1',
    });
  });

  it('shows no value in a refusal: it may be a password in the wrong place', () => {
    const wrong = { ipmi_address: 'a b', ipmi_port: 'hunter2', ipmi_priv_level: 'hunter2', ipmi_hex_kg_key: 'hunter2' };
    for (const name of Object.keys(wrong))
      expect(driverInfoRefusal(ipmiDriverInfo, { ...address, [name]: 'hunter2 /' })).not.toContain('hunter2');
  });

  it('reads truth as clients write it', () => {
    for (const value of [true, 'True', 'true', '1', 'yes', 'on']) {
      expect(forcesBootDevice({ ipmi_force_boot_device: value })).toBe(true);
      expect(disablesBootTimeout({ ipmi_disable_boot_timeout: value })).toBe(true);
    }
    for (const value of [false, 'False', '0', 'no']) {
      expect(forcesBootDevice({ ipmi_force_boot_device: value })).toBe(false);
      expect(disablesBootTimeout({ ipmi_disable_boot_timeout: value })).toBe(false);
    }
    expect([forcesBootDevice({}), disablesBootTimeout({})]).toEqual([false, true]);
  });
});
