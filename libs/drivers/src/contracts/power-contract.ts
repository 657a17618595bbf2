import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Bag } from '#domain';
import { powerTargets } from '#domain';
import type { Effect, Implementation } from '../hardware-type.js';

/** A machine to try a power interface on. */
export interface PoweredMachine {
  readonly power: Implementation;
  /** What the interface is called with; the clock should be a fast one. */
  effect(args?: Bag): Effect;
  /** What is found comes back into the node, as the domain does it. */
  learn?(found: { readonly powerState?: string | null }): void;
  /** As somebody sees it who stands before the machine. */
  isOn(): boolean;
  /** Somebody presses the button. */
  press(power: 'on' | 'off'): void;
  /** How often it has started; left out where nobody can tell. */
  starts?(): number;
  /** Commands to change power that have reached it; left out where nobody can tell. */
  commands?(): number;
  dispose?(): Promise<void>;
}

/**
 * What every power interface promises: it says what the machine is, leaves alone what is as wanted, and does the rest
 * once. Those of machines that can fail promise more, see `power-fault-contract.ts`.
 */
export const powerContract = (name: string, makeMachine: () => PoweredMachine | Promise<PoweredMachine>): void =>
  describe(`${name} promises`, () => {
    let machine: PoweredMachine;
    beforeEach(async () => {
      machine = await makeMachine();
    });
    afterEach(() => machine.dispose?.());

    const change = async (target: string, args: Bag = {}): Promise<string | undefined> => {
      const outcome = await machine.power.actions!.set_power_state!(machine.effect({ target, ...args }));
      machine.learn?.(outcome);
      return outcome.powerState;
    };
    const read = () => machine.power.reads!.get_power_state!(machine.effect());
    const on = (wanted: string) => powerTargets[wanted] === 'power on';

    it('an action for every target that it lists, and no target that the domain does not know', async () => {
      const { targets = [] } = machine.power.supports ?? {};
      expect(targets).toEqual(expect.arrayContaining(['power on', 'power off', 'rebooting']));
      expect(Object.keys(powerTargets)).toEqual(expect.arrayContaining([...targets]));
      for (const target of targets) {
        expect(await change(target)).toBe(powerTargets[target]);
        expect(machine.isOn()).toBe(on(target));
      }
    });

    it.each(['on', 'off'] as const)('to say that the machine is %s when somebody has switched it so', async power => {
      machine.press(power === 'on' ? 'off' : 'on');
      machine.press(power);
      expect(await read()).toBe(`power ${power}`);
    });

    it('the same reading as the core step of verification', async () => {
      machine.press('on');
      const step = machine.power.steps!.core!.find(({ manifest }) => manifest.step === 'get_power_state')!;
      expect(await step.run(machine.effect())).toMatchObject({ done: { powerState: 'power on' } });
    });

    const listed = (...wanted: string[]) => wanted.filter(target => machine.power.supports!.targets!.includes(target));

    it('to leave a machine alone that is as wanted', async () => {
      for (const target of listed('power on', 'power off', 'soft power off')) {
        await change(target);
        const before = [machine.commands?.(), machine.starts?.()];
        expect(await change(target)).toBe(powerTargets[target]);
        expect([machine.commands?.(), machine.starts?.()]).toEqual(before);
        expect(machine.isOn()).toBe(on(target));
      }
    });

    it('one start by a reboot, whether the machine was on or off', async () => {
      for (const target of listed('rebooting', 'soft rebooting'))
        for (const before of ['on', 'off'] as const) {
          machine.press(before);
          const starts = machine.starts?.();
          expect(await change(target)).toBe('power on');
          expect(machine.isOn()).toBe(true);
          if (starts !== undefined) expect(machine.starts!()).toBe(starts + 1);
        }
    });
  });
