import { describe, expect, it } from '@jest/globals';
import { createBmcSimulator } from './bmc-simulator.js';
import { createBootOptions } from './boot-options.js';
import { createFaults } from './faults.js';
import { createMachine, type MachineEvents } from './machine.js';

/** Time that passes when it is told to. */
const someTime = () => {
  let now = 0;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    after(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter(other => other !== timer);
      };
    },
    pass(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
};

const PXE_ONCE = Buffer.from('8004000000', 'hex');
const DISK_FOR_EVER = Buffer.from('e008000000', 'hex');
const BOOT_FLAGS = 5;

describe('The boot flags of the simulator', () => {
  const aBmc = () => {
    const time = someTime();
    return { time, options: createBootOptions(60_000, time.after) };
  };

  it('are dropped a minute later when no chassis control command came', () => {
    const { time, options } = aBmc();
    options.write(BOOT_FLAGS, PXE_ONCE);
    time.pass(59_999);
    expect(options.flags.valid).toBe(true);
    time.pass(1);
    expect(options.flags).toMatchObject({ valid: false, device: 'pxe' });
  });

  it('get another minute by a chassis control command', () => {
    const { time, options } = aBmc();
    options.write(BOOT_FLAGS, PXE_ONCE);
    time.pass(59_000);
    options.chassisControlled();
    time.pass(59_000);
    expect(options.flags.valid).toBe(true);
    time.pass(1_000);
    expect(options.flags.valid).toBe(false);
  });

  it('stay where parameter 3 says so', () => {
    const { time, options } = aBmc();
    options.write(3, Buffer.of(0x08));
    options.write(BOOT_FLAGS, PXE_ONCE);
    time.pass(3_600_000);
    expect(options.flags.valid).toBe(true);
  });

  it('are dropped when someone presses the power button, unless parameter 3 says otherwise', () => {
    const { options } = aBmc();
    options.write(BOOT_FLAGS, PXE_ONCE);
    options.powerButtonPressed();
    expect(options.flags.valid).toBe(false);
    options.write(3, Buffer.of(0x01));
    options.write(BOOT_FLAGS, PXE_ONCE);
    options.powerButtonPressed();
    expect(options.flags.valid).toBe(true);
  });

  it('are for one boot, or for all', () => {
    const { options } = aBmc();
    options.write(BOOT_FLAGS, PXE_ONCE);
    expect(options.consume()).toMatchObject({ device: 'pxe', valid: true });
    expect(options.consume()).toMatchObject({ device: 'none', valid: false });
    options.write(BOOT_FLAGS, DISK_FOR_EVER);
    options.consume();
    expect(options.consume()).toMatchObject({ device: 'disk', valid: true, persistent: true, efi: true });
  });

  it('are not persistent without being valid', () => {
    const { options } = aBmc();
    options.write(BOOT_FLAGS, Buffer.from('4008000000', 'hex'));
    expect(options.flags).toMatchObject({ valid: false, persistent: false });
  });

  it('can be claimed once, and are released by a restart', () => {
    const { options } = aBmc();
    expect(options.write(0, Buffer.of(1))).toBe(0);
    expect(options.write(0, Buffer.of(1))).toBe(0x81);
    options.restart();
    expect(options.write(0, Buffer.of(1))).toBe(0);
  });

  it('refuse what is too short, and parameters that are not there', () => {
    const { options } = aBmc();
    expect(options.write(BOOT_FLAGS, Buffer.of(0x80))).toBe(0xc7);
    expect(options.write(7, Buffer.of(0))).toBe(0x80);
    expect(options.read(7)).toBeUndefined();
  });
});

describe('The machine of the simulator', () => {
  const aMachine = (events: MachineEvents = {}, power: 'on' | 'off' = 'on') => {
    const time = someTime();
    const faults = createFaults();
    const bootOptions = createBootOptions(60_000, time.after);
    const parts = { power, softShutdownMs: 5_000, powerCycleMs: 1_000, bootOptions, faults, after: time.after, events };
    return { time, faults, bootOptions, machine: createMachine(parts) };
  };

  it('shuts down softly in its own time', () => {
    const { time, machine } = aMachine();
    machine.control('soft shutdown');
    expect(machine.power).toBe('on');
    time.pass(5_000);
    expect(machine.power).toBe('off');
  });

  it('stays on when power up comes while it shuts down', () => {
    const { time, machine } = aMachine();
    machine.control('soft shutdown');
    machine.control('power up');
    time.pass(5_000);
    expect(machine.power).toBe('on');
  });

  it('is off for a while in a power cycle, then boots', () => {
    const seen: string[] = [];
    const events = { onPower: (power: string) => seen.push(power), onBoot: () => seen.push('boot') };
    const { time, machine } = aMachine(events);
    machine.control('power cycle');
    expect(machine.power).toBe('off');
    time.pass(1_000);
    expect(seen).toEqual(['off', 'on', 'boot']);
  });

  it('refuses to cycle and to reset when it is off', () => {
    const { machine } = aMachine({}, 'off');
    expect(machine.control('power cycle')).toBe(0xd5);
    expect(machine.control('hard reset')).toBe(0xd5);
    expect(machine.power).toBe('off');
  });

  it('boots as the flags say, and tells so', () => {
    const booted: unknown[] = [];
    const { bootOptions, machine } = aMachine({ onBoot: flags => booted.push(flags) }, 'off');
    bootOptions.setFlags({ device: 'pxe', efi: true });
    machine.control('power up');
    machine.control('hard reset');
    expect(booted).toMatchObject([
      { device: 'pxe', efi: true, valid: true },
      { device: 'none', valid: false },
    ]);
    expect(machine.boots).toEqual(booted);
  });

  it('goes off slowly when that is the fault', () => {
    const { time, faults, machine } = aMachine();
    faults.inject({ fault: 'slow power off', delayMs: 30_000 });
    machine.control('power down');
    time.pass(29_999);
    expect(machine.power).toBe('on');
    time.pass(1);
    expect(machine.power).toBe('off');
  });

  it('obeys the button', () => {
    const { machine } = aMachine({}, 'off');
    machine.switchPower('on');
    expect(machine).toMatchObject({ power: 'on', onByCommand: false });
  });
});

describe('The simulator on the network', () => {
  it('refuses an address that is taken, and leaves nothing behind', async () => {
    const first = await createBmcSimulator({ users: {} });
    await expect(createBmcSimulator({ users: {}, port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await Promise.all([first.close(), first.close()]);
    const second = await createBmcSimulator({ users: {}, port: first.port });
    await second.close();
  });

  it.each([{ guid: '00' }, { kg: 'xyz' }])('refuses %j', async options => {
    await expect(createBmcSimulator({ users: {}, ...options })).rejects.toThrow(RangeError);
  });
});

describe('Faults', () => {
  it('strike the request they name, as often as they say', () => {
    const faults = createFaults();
    faults.inject({ fault: 'lose answers', on: 'Get Device ID', times: 1 });
    expect(faults.strike('lose answers', 'Get Chassis Status')).toBeUndefined();
    expect(faults.strike('lose requests', 'Get Device ID')).toBeUndefined();
    expect(faults.strike('lose answers', 'Get Device ID')).toBeDefined();
    expect(faults.strike('lose answers', 'Get Device ID')).toBeUndefined();
  });

  it('go on until they are taken back', () => {
    const faults = createFaults();
    const takeBack = faults.inject({ fault: 'refuse', completionCode: 0xc1 });
    expect(faults.strike('refuse', 'Anything')?.completionCode).toBe(0xc1);
    expect(faults.strike('refuse', 'Anything')).toBeDefined();
    takeBack();
    expect(faults.strike('refuse', 'Anything')).toBeUndefined();
  });
});
