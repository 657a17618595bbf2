import { describe, expect, it } from '@jest/globals';
import { defaultDecisionSettings } from '#domain';
import { rejection } from '../contracts/an-effect.js';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import { parseRawBytes } from './ipmi-vendor.js';
import { aBench, closeBenches } from './test-bench.js';

closeBenches();

describe('Raw bytes', () => {
  it.each([
    ['0x06 0x01', { netFn: 6, command: 1, data: Uint8Array.of() }],
    [' 0x00 0x02 0x01', { netFn: 0, command: 2, data: Uint8Array.of(1) }],
    ['0 8 5 0xE0 255', { netFn: 0, command: 8, data: Uint8Array.of(5, 0xe0, 255) }],
  ])('"%s" are read as ipmitool does', (text, bytes) => {
    expect(parseRawBytes(text)).toEqual(bytes);
  });

  it.each([undefined, '', '0x06', '0x40 0x01', '0x06 0x100', '0x06 256', '6 -1', '0x06 one', '0x06, 0x', 7])(
    '%j are refused',
    text => {
      expect(() => parseRawBytes(text)).toThrow(HardwareRefused);
    },
  );
});

describe('Vendor methods of IPMI', () => {
  it('send raw bytes once, as a method and as a step', async () => {
    const { bmc, vendor, effect } = await aBench();
    await vendor.actions!.send_raw!(effect({ raw_bytes: '0x00 0x02 0x01' }));
    expect(bmc.power).toBe('on');
    for (const kind of ['clean', 'deploy', 'service'] as const) {
      const step = vendor.steps![kind]!.find(({ manifest }) => manifest.step === 'send_raw')!;
      expect(step.manifest).toMatchObject({ priority: 0, effect: 'once', requiresRamdisk: false });
      bmc.switchPower('off');
      expect(await step.run(effect({ raw_bytes: '0x00 0x02 0x01' }))).toEqual({ done: {} });
      expect(bmc.power).toBe('on');
    }
    expect(defaultDecisionSettings.disallowedSteps).toContain('vendor.send_raw');
  });

  it('do not send them again when the answer is lost', async () => {
    const { bmc, vendor, effect } = await aBench();
    bmc.inject({ fault: 'lose answers', on: 'Chassis Control' });
    const error = await rejection(vendor.actions!.send_raw!(effect({ raw_bytes: '0x00 0x02 0x01' })));
    expect(error).toBeInstanceOf(HardwareUnreachable);
    expect(bmc.counts['Chassis Control']).toBe(1);
  });

  it('say what the BMC refuses', async () => {
    const { vendor, effect } = await aBench();
    const error = await rejection(vendor.actions!.send_raw!(effect({ raw_bytes: '0x30 0x70' })));
    expect((error as Error).message).toMatch(/refuses .*Invalid command \(0xc1\)/);
  });

  it.each([
    [{}, 3],
    [{ warm: true }, 3],
    [{ warm: 'false' }, 2],
    [{ warm: false }, 2],
  ])('restart the BMC, %j, and begin a new session after it', async (args, command) => {
    const { bmc, vendor, power, effect } = await aBench();
    expect(await power.reads!.get_power_state!(effect())).toBe('power off');
    const name = `Command ${command} of network function 6`;
    bmc.inject({ fault: 'restart', on: name });
    expect(await vendor.actions!.bmc_reset!(effect(args))).toEqual({});
    expect(bmc.counts[name]).toBe(1);
    expect(await power.reads!.get_power_state!(effect())).toBe('power off');
    expect(bmc.openSessions).toBe(1);
  });

  it('fail to restart a BMC that is not there', async () => {
    const { bmc, vendor, effect } = await aBench();
    await bmc.close();
    expect(await rejection(vendor.actions!.bmc_reset!(effect()))).toBeInstanceOf(HardwareUnreachable);
  });
});
