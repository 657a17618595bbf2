import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Bag } from '#domain';
import type { Effect, Implementation } from '../hardware-type.js';

/** A machine to try a management interface on. */
export interface ManagedMachine {
  readonly management: Implementation;
  effect(args?: Bag): Effect;
  /** A boot device that was set comes back into the node, as the domain does it. */
  learn?(args: Bag): void;
  /** What its firmware would boot from; left out where nobody can tell. */
  bootsFrom?(): { readonly device: string; readonly persistent: boolean };
  /** Diagnostic interrupts that have reached it; left out where nobody can tell. */
  interrupts?(): number;
  dispose?(): Promise<void>;
}

/** Which action stands behind what a management interface lists. */
const actionBehind: Readonly<Record<string, string>> = {
  'boot devices': 'set_boot_device',
  'boot modes': 'set_boot_mode',
  'secure boot': 'set_secure_boot_state',
  nmi: 'inject_nmi',
  indicators: 'set_indicator_state',
  'virtual media': 'attach_virtual_media',
};

/** What every management interface that really sets something promises. */
export const managementContract = (name: string, makeMachine: () => ManagedMachine | Promise<ManagedMachine>): void =>
  describe(`${name} promises`, () => {
    let machine: ManagedMachine;
    beforeEach(async () => {
      machine = await makeMachine();
    });
    afterEach(() => machine.dispose?.());

    const setBootDevice = async (args: { device: string; persistent: boolean }): Promise<void> => {
      await machine.management.actions!.set_boot_device!(machine.effect(args));
      machine.learn?.(args);
    };
    const bootDevice = () => machine.management.reads!.get_boot_device!(machine.effect());

    it('an action behind everything that it lists', () => {
      const { supports = {}, actions = {} } = machine.management;
      for (const question of Object.keys(supports)) expect(actions).toHaveProperty(actionBehind[question] ?? question);
    });

    it.each([true, false])('that every boot device can be set and read again (persistent: %s)', async persistent => {
      const devices = machine.management.supports!['boot devices']!;
      expect(devices).toEqual(expect.arrayContaining(['pxe', 'disk']));
      for (const device of devices) {
        await setBootDevice({ device, persistent });
        expect(await bootDevice()).toEqual({ boot_device: device, persistent });
        if (machine.bootsFrom) expect(machine.bootsFrom()).toMatchObject({ device, persistent });
      }
    });

    it('that the last one holds, as often as it is set', async () => {
      await setBootDevice({ device: 'pxe', persistent: false });
      await setBootDevice({ device: 'disk', persistent: true });
      await setBootDevice({ device: 'disk', persistent: true });
      expect(await bootDevice()).toEqual({ boot_device: 'disk', persistent: true });
    });

    it('one interrupt for one that was asked for', async () => {
      const { inject_nmi: inject } = machine.management.actions!;
      if (!inject) return;
      const before = machine.interrupts?.();
      await inject(machine.effect());
      if (before !== undefined) expect(machine.interrupts!()).toBe(before + 1);
    });
  });
