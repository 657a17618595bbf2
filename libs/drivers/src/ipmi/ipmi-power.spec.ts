import { describe, expect, it } from '@jest/globals';
import { aNode, rejection } from '../contracts/an-effect.js';
import { powerContract } from '../contracts/power-contract.js';
import type { FaultyMachine } from '../contracts/power-fault-contract.js';
import { powerFaultContract } from '../contracts/power-fault-contract.js';
import { HardwareRefused } from '../hardware-type.js';
import { aBench, closeBenches } from './test-bench.js';

const aMachine = async (): Promise<FaultyMachine> => {
  const bench = await aBench({ softShutdownMs: 5_000, powerCycleMs: 1_000 });
  const { bmc, power, effect, clock, secrets } = bench;
  const commands = () => bmc.counts['Chassis Control'] ?? 0;
  return {
    power,
    effect: args => effect(args),
    clock,
    secrets,
    isOn: () => bmc.power === 'on',
    press: state => bmc.switchPower(state),
    starts: () => bmc.boots.length,
    commands,
    stick: () => void bmc.inject({ fault: 'stuck power', at: bmc.power }),
    slowOff: delayMs => void bmc.inject({ fault: 'slow power off', delayMs }),
    loseAnswer: () => void bmc.inject({ fault: 'lose answers', on: 'Chassis Control', times: 1 }),
    silence: () => void bmc.inject({ fault: 'lose requests' }),
    lockOut: () => {
      // Sessions that are open already would go on.
      bmc.restart();
      bmc.inject({ fault: 'refuse', on: 'Set Session Privilege Level', completionCode: 0x81 });
    },
  };
};

closeBenches();
powerContract('Power by IPMI', aMachine);
powerFaultContract('Power by IPMI', aMachine);

describe('Power by IPMI', () => {
  it('refuses a target that nobody knows', async () => {
    const { power, effect } = await aBench();
    const error = await rejection(power.actions!.set_power_state!(effect({ target: 'power sideways' })));
    expect(error).toBeInstanceOf(HardwareRefused);
    expect((error as Error).message).toContain('power sideways');
  });

  it('goes on when the BMC is silent for a while after it was told', async () => {
    const { bmc, power, effect } = await aBench();
    bmc.inject({ fault: 'restart', on: 'Chassis Control', times: 1, downMs: 5_000 });
    expect(await power.actions!.set_power_state!(effect({ target: 'power on' }))).toEqual({ powerState: 'power on' });
    expect(bmc.counts['Chassis Control']).toBe(1);
  });

  it('says so when the BMC does not come back in time', async () => {
    const { bmc, power, effect } = await aBench();
    bmc.inject({ fault: 'restart', on: 'Chassis Control', downMs: 1_000_000 });
    const error = await rejection(power.actions!.set_power_state!(effect({ target: 'power on', timeoutMs: 3_000 })));
    expect((error as Error).message).toMatch(/^3 s after "power up" it is not known whether it is off or on: the BMC/);
  });

  it('resets a machine whose power must not go off, and asks no operating system', async () => {
    const { bmc, power, effect } = await aBench({ power: 'on' });
    const node = aNode({}, { disable_power_off: true });
    const reboot = (target: string) => power.actions!.set_power_state!(effect({ target }, { node }));

    await reboot('rebooting');
    expect([bmc.power, bmc.boots.length, bmc.counts['Chassis Control']]).toEqual(['on', 1, 1]);
    bmc.switchPower('off');
    await reboot('rebooting');
    expect([bmc.power, bmc.boots.length]).toEqual(['on', 2]);
    const error = await rejection(reboot('soft rebooting'));
    expect(error).toBeInstanceOf(HardwareRefused);
    expect((error as Error).message).toContain('disable_power_off');
  });

  it.each([
    ['power on', 'off', [{ device: 'disk' }]],
    ['rebooting', 'on', [{ device: 'disk' }]],
  ] as const)('sets the boot device again before %s, for a BMC that forgets it', async (target, before, boots) => {
    const { bmc, power, effect, driverInfo } = await aBench({ power: before });
    const node = aNode({ boot: { mode: null, secure: null, device: 'disk', persistent: true } });
    const forcing = { ...driverInfo, ipmi_force_boot_device: 'True' };
    await power.actions!.set_power_state!(effect({ target }, { node, driverInfo: forcing }));
    expect(bmc.boots).toMatchObject(boots);
    await power.actions!.set_power_state!(effect({ target: 'rebooting' }, { node, driverInfo }));
    expect(bmc.boots[1]).toMatchObject({ valid: false });
  });

  it('leaves a device for one boot alone that was set since', async () => {
    const { bmc, power, management, effect, driverInfo } = await aBench();
    const forcing = { ...driverInfo, ipmi_force_boot_device: true };
    await management.actions!.set_boot_device!(effect({ device: 'cdrom' }, { driverInfo: forcing }));
    const node = aNode({ boot: { mode: null, secure: null, device: 'cdrom', persistent: false } });
    await power.actions!.set_power_state!(effect({ target: 'power on' }, { node, driverInfo: forcing }));
    expect(bmc.boots).toMatchObject([{ device: 'cdrom' }]);
  });
});
