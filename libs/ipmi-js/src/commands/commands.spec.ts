import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BmcRefused, MalformedPacket } from '../errors.js';
import { decodeDeviceId } from './app/get-device-id.js';
import { getChannelAuthenticationCapabilities } from './app/get-channel-authentication-capabilities.js';
import { decodeAuthenticationCapabilities } from './app/get-channel-authentication-capabilities.js';
import { decodeSystemGuid } from './app/get-system-guid.js';
import { setSessionPrivilegeLevel } from './app/set-session-privilege-level.js';
import { setBootDevice } from './chassis/boot-device.js';
import { BOOT_DEVICES, decodeBootFlags, encodeBootFlags } from './chassis/boot-flags.js';
import { CHASSIS_ACTIONS, chassisControl } from './chassis/chassis-control.js';
import { decodeChassisStatus } from './chassis/get-chassis-status.js';
import { getSystemBootOptions, setSystemBootOptions } from './chassis/system-boot-options.js';
import { rawCommand, type Command } from './command.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('Get Device ID', () => {
  it('reads every field (table 20-2)', () => {
    expect(decodeDeviceId(hex('20 81 02 49 02 bf f21b00 3412 01020304'))).toEqual({
      deviceId: 0x20,
      deviceRevision: 1,
      providesDeviceSdrs: true,
      firmwareRevision: '2.49',
      available: true,
      ipmiVersion: '2.0',
      supports: [
        'sensor',
        'sdr repository',
        'sel',
        'fru inventory',
        'ipmb event receiver',
        'ipmb event generator',
        'chassis',
      ],
      manufacturerId: 7154,
      productId: 0x1234,
    });
  });

  it('tells a BMC that starts, and one of IPMI 1.5', () => {
    expect(decodeDeviceId(hex('20 01 82 05 51 00 000000 0000'))).toMatchObject({
      available: false,
      firmwareRevision: '2.05',
      ipmiVersion: '1.5',
      supports: [],
    });
  });
});

describe('Get Chassis Status', () => {
  it('reads power (table 28-3)', () => {
    expect(decodeChassisStatus(hex('01 00 00'))).toMatchObject({ power: 'on', restorePolicy: 'stay off' });
    expect(decodeChassisStatus(hex('40 00 00'))).toMatchObject({ power: 'off', restorePolicy: 'always on' });
  });

  it('reads faults, causes and the identify light', () => {
    const status = decodeChassisStatus(hex('3f 11 65'));
    expect(status).toEqual({
      power: 'on',
      restorePolicy: 'previous',
      powerControlFault: true,
      powerFault: true,
      interlock: true,
      powerOverload: true,
      lastPowerEvent: { acFailed: true, overload: false, interlock: false, fault: false, onByCommand: true },
      intrusion: true,
      frontPanelLockout: false,
      driveFault: true,
      coolingFault: false,
      identify: 'indefinite',
    });
    expect(decodeChassisStatus(hex('00 00 30'))).not.toHaveProperty('identify');
  });
});

describe('Chassis Control', () => {
  it('has the numbers of table 28-4', () => {
    const numbers = CHASSIS_ACTIONS.map(action => [action, chassisControl(action).data[0]]);
    expect(numbers).toEqual([
      ['power down', 0],
      ['power up', 1],
      ['power cycle', 2],
      ['hard reset', 3],
      ['diagnostic interrupt', 4],
      ['soft shutdown', 5],
    ]);
  });

  it('repeats only what can be repeated', () => {
    expect(CHASSIS_ACTIONS.filter(action => chassisControl(action).repeatable)).toEqual(['power down', 'power up']);
  });
});

describe('Boot flags', () => {
  it('are the bytes that ipmitool and Ironic send', () => {
    const pxe = { device: 'pxe', valid: true } as const;
    expect(encodeBootFlags({ ...pxe, persistent: true, efi: true })).toEqual(hex('e0 04 00 00 00'));
    expect(encodeBootFlags({ ...pxe, persistent: false, efi: false })).toEqual(hex('80 04 00 00 00'));
    expect(encodeBootFlags({ device: 'bios', valid: true, persistent: false, efi: true })).toEqual(
      hex('a0 18 00 00 00'),
    );
    expect(encodeBootFlags({ device: 'floppy', valid: true, persistent: true, efi: false })).toEqual(
      hex('c0 3c 00 00 00'),
    );
  });

  it('are read back as they were written', () => {
    const flags = fc.record({
      device: fc.constantFrom(...BOOT_DEVICES),
      valid: fc.boolean(),
      persistent: fc.boolean(),
      efi: fc.boolean(),
    });
    fc.assert(fc.property(flags, value => expect(decodeBootFlags(encodeBootFlags(value))).toEqual(value)));
  });

  it('name a selector without a meaning "reserved"', () => {
    expect(decodeBootFlags(hex('80 28 00 00 00')).device).toBe('reserved');
  });
});

describe('System boot options', () => {
  it('are read with set and block selector 0', () => {
    expect(getSystemBootOptions(5).data).toEqual(hex('05 00 00'));
    expect(getSystemBootOptions(5).decode(hex('01 05 e004000000'))).toEqual({
      invalid: false,
      data: hex('e004000000'),
    });
    expect(getSystemBootOptions(5).decode(hex('01 85 0000000000')).invalid).toBe(true);
    expect(() => getSystemBootOptions(5).decode(hex('01 03 00'))).toThrow(MalformedPacket);
  });

  it('are written with the parameter first', () => {
    expect(setSystemBootOptions(3, Buffer.of(8)).data).toEqual(hex('03 08'));
  });
});

describe('Setting the boot device', () => {
  /** A BMC that refuses requests that begin with these bytes; answers what was sent. */
  const sentBy = async (choice: Parameters<typeof setBootDevice>[1], refusals: Record<string, number> = {}) => {
    const sent: string[] = [];
    const run = async <Answer>(command: Command<Answer>): Promise<Answer> => {
      const bytes = command.data.toString('hex');
      sent.push(bytes);
      const refusal = Object.entries(refusals).find(([start]) => bytes.startsWith(start));
      if (refusal) throw new BmcRefused(command.name, refusal[1]);
      return command.decode(Buffer.alloc(0));
    };
    const error: unknown = await setBootDevice(run, choice).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { sent, error };
  };

  it('claims, acknowledges, writes, commits and releases, as ipmitool does', async () => {
    const { sent, error } = await sentBy({ device: 'pxe' });
    expect(sent).toEqual(['0001', '040101', '058004000000', '0002', '0000']);
    expect(error).toBeUndefined();
  });

  it('keeps the flags beyond a minute when told to', async () => {
    const { sent } = await sentBy({ device: 'disk', persistent: true, efi: true, disableTimeout: true });
    expect(sent).toEqual(['0001', '0308', '040101', '05e008000000', '0002', '0000']);
  });

  it('does without claim, acknowledge and commit where the BMC does not have them', async () => {
    const withoutClaim = await sentBy({ device: 'pxe' }, { '00': 0x80, '04': 0xcc });
    expect(withoutClaim.sent).toEqual(['0001', '040101', '058004000000']);
    expect(withoutClaim.error).toBeUndefined();
    const withoutCommit = await sentBy({ device: 'pxe' }, { '0002': 0xcc });
    expect(withoutCommit.sent.at(-1)).toBe('0000');
    expect(withoutCommit.error).toBeUndefined();
  });

  it('releases without a commit when the flags are refused', async () => {
    const { sent, error } = await sentBy({ device: 'pxe' }, { '05': 0xcc });
    expect(sent).toEqual(['0001', '040101', '058004000000', '0000']);
    expect(error).toMatchObject({ name: 'BmcRefused', completionCode: 0xcc, retriable: false });
  });

  it('fails where the longer time is asked for and refused', async () => {
    const { sent, error } = await sentBy({ device: 'pxe', disableTimeout: true }, { '03': 0x80 });
    expect(sent).toEqual(['0001', '0308', '0000']);
    expect(error).toMatchObject({ completionCode: 0x80 });
  });
});

describe('Get Channel Authentication Capabilities', () => {
  it('asks for the data of IPMI 2.0 on the channel in use', () => {
    expect(getChannelAuthenticationCapabilities('operator').data).toEqual(hex('8e 03'));
  });

  it('reads what ipmi_sim and goipmi-server say', () => {
    expect(decodeAuthenticationCapabilities(hex('01 84 04 03 00000000'))).toEqual({
      channel: 1,
      supportsIpmi15: true,
      supportsIpmi20: true,
      needsBmcKey: false,
      hasNamedUsers: true,
      hasNullUser: false,
      hasAnonymousUser: false,
    });
  });

  it('tells a BMC of IPMI 1.5, and one with a BMC key', () => {
    expect(decodeAuthenticationCapabilities(hex('01 04 04 00 00000000')).supportsIpmi20).toBe(false);
    expect(decodeAuthenticationCapabilities(hex('01 80 24 02 00000000'))).toMatchObject({
      supportsIpmi15: false,
      needsBmcKey: true,
    });
  });
});

describe('Get System GUID', () => {
  it('gives both readings of the bytes', () => {
    const guid = decodeSystemGuid(hex('33221100 5544 7766 8899 aabbccddeeff'));
    expect(guid.smbios).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect(guid.ipmi).toBe('ffeeddcc-bbaa-9988-6677-445500112233');
    expect(guid.bytes).toHaveLength(16);
  });
});

describe('Raw commands', () => {
  it('give the data of the answer', () => {
    expect(rawCommand(0x0a, 0x40, Buffer.of(1)).decode(hex('010203'))).toEqual(hex('010203'));
    expect(rawCommand(0x0a, 0x40).repeatable).toBe(false);
  });

  it.each([1, 0x40, -2, 2.5])('refuse the network function %d', netFn => {
    expect(() => rawCommand(netFn, 1)).toThrow(RangeError);
  });

  it('refuse a command that is no byte', () => {
    expect(() => rawCommand(6, 256)).toThrow(RangeError);
  });
});

it('An answer of random bytes is decoded or is a MalformedPacket', () => {
  const decoders = [
    decodeDeviceId,
    decodeChassisStatus,
    decodeAuthenticationCapabilities,
    decodeSystemGuid,
    decodeBootFlags,
    getSystemBootOptions(5).decode,
    setSessionPrivilegeLevel('user').decode,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), fc.constantFrom(...decoders), (data, decode) => {
      try {
        decode(Buffer.from(data));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedPacket);
      }
    }),
    { numRuns: 1000 },
  );
});

describe('BmcRefused', () => {
  it('has the text of table 5-2, or that of the command', () => {
    expect(new BmcRefused('Get Device ID', 0xc1).message).toBe('Get Device ID: Invalid command (0xc1)');
    expect(new BmcRefused('X', 0xd4).message).toContain('Insufficient privilege level');
    const { name, completionTexts } = setSessionPrivilegeLevel('administrator');
    expect(new BmcRefused(name, 0x81, completionTexts).message).toContain('exceeds channel or user privilege limit');
    expect(new BmcRefused('X', 0x81).message).toContain('Command-specific error');
    expect(new BmcRefused('X', 0x05).message).toContain('Device-specific (OEM) error');
    expect(new BmcRefused('X', 0xe0).message).toContain('Reserved completion code');
  });

  it('says whether waiting helps, and whether the command may have run', () => {
    expect(new BmcRefused('X', 0xc0)).toMatchObject({ retriable: true, mayHaveRun: false });
    expect(new BmcRefused('X', 0xc3)).toMatchObject({ retriable: true, mayHaveRun: true });
    expect(new BmcRefused('X', 0xd2)).toMatchObject({ retriable: true, mayHaveRun: false });
    expect(new BmcRefused('X', 0xc1)).toMatchObject({ retriable: false, mayHaveRun: false });
    expect(new BmcRefused('X', 0xd5)).toMatchObject({ retriable: false, mayHaveRun: false });
  });
});
