import { describe, expect, it } from '@jest/globals';
import type { Bag } from '#domain';
import { aNode } from '../contracts/an-effect.js';
import type { ManagedMachine } from '../contracts/management-contract.js';
import { managementContract } from '../contracts/management-contract.js';
import { aBench, closeBenches } from './test-bench.js';

closeBenches();

managementContract('Management by IPMI', async (): Promise<ManagedMachine> => {
  const { bmc, management, effect } = await aBench();
  return {
    management,
    effect: args => effect(args),
    bootsFrom: () => bmc.bootFlags,
    interrupts: () => bmc.diagnosticInterrupts,
  };
});

describe('The boot device by IPMI', () => {
  const capabilities = (text: string | Bag) => ({ node: aNode({}, { properties: { capabilities: text } }) });
  const seenBooting = (mode: string) => ({
    node: aNode({ boot: { mode, secure: null, device: null, persistent: false } }),
  });

  it.each([
    ['when nobody says', {}, true],
    ['by the capabilities of the node', capabilities('boot_mode:bios'), false],
    ['by these, among others', capabilities('cpu_vt:true, boot_mode:uefi'), true],
    ['for a secure boot', capabilities('boot_mode:bios,secure_boot:true'), true],
    ['by what the machine was seen to do', seenBooting('bios'), false],
    [
      'by the instance before the node',
      { ...capabilities('boot_mode:uefi'), instanceInfo: { capabilities: { boot_mode: 'bios' } } },
      false,
    ],
    ['by the instance, as text', { instanceInfo: { capabilities: '{"boot_mode": "bios"}' } }, false],
    ['by the instance, the older way', { instanceInfo: { deploy_boot_mode: 'bios' } }, false],
  ])('is for UEFI or not %s', async (_, given, efi) => {
    const { bmc, management, effect } = await aBench();
    await management.actions!.set_boot_device!(effect({ device: 'pxe', persistent: true }, given));
    expect(bmc.bootFlags).toEqual({ device: 'pxe', persistent: true, efi, valid: true });
  });

  it('is kept for longer than a minute, unless the operator says otherwise', async () => {
    const { bmc, management, effect, clock, driverInfo } = await aBench();
    const signal = new AbortController().signal;
    await management.actions!.set_boot_device!(effect({ device: 'pxe' }));
    await clock.sleep(61_000, signal);
    expect(bmc.bootFlags).toMatchObject({ device: 'pxe', valid: true });

    const other = await aBench();
    const limited = { driverInfo: { ...other.driverInfo, ipmi_disable_boot_timeout: 'False' } };
    await other.management.actions!.set_boot_device!(other.effect({ device: 'pxe' }, limited));
    await other.clock.sleep(61_000, signal);
    expect(other.bmc.bootFlags.valid).toBe(false);
    expect(driverInfo).not.toHaveProperty('ipmi_disable_boot_timeout');
  });

  it('reads as nothing where the flags are not valid, or name a device that Ironic does not know', async () => {
    const { bmc, management, effect } = await aBench({ bootFlags: { device: 'pxe', valid: false } });
    const nothing = { boot_device: null, persistent: null };
    expect(await management.reads!.get_boot_device!(effect())).toEqual(nothing);
    bmc.setBootFlags({ device: 'remote cdrom' });
    expect(await management.reads!.get_boot_device!(effect())).toEqual(nothing);
  });

  it('is kept by the driver for a BMC that forgets it, and needs no administrator then', async () => {
    const { bmc, management, effect, driverInfo } = await aBench();
    const given = {
      driverInfo: { ...driverInfo, ipmi_force_boot_device: 'true', ipmi_priv_level: 'OPERATOR' },
      node: aNode({ boot: { mode: null, secure: null, device: 'disk', persistent: true } }),
    };
    await management.actions!.set_boot_device!(effect({ device: 'disk', persistent: true }, given));
    expect(bmc.bootFlags).toMatchObject({ device: 'disk', persistent: false, valid: true });
    bmc.setBootFlags({ valid: false });
    expect(await management.reads!.get_boot_device!(effect({}, given))).toEqual({
      boot_device: 'disk',
      persistent: true,
    });
  });
});
