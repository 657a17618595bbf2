import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { Bag } from '#domain';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import type { FastClock } from './an-effect.js';
import { rejection } from './an-effect.js';
import type { PoweredMachine } from './power-contract.js';

/** A machine that can fail. */
export interface FaultyMachine extends PoweredMachine {
  /** The one of its effects. */
  readonly clock: FastClock;
  /** It takes commands, and stays as it is. */
  stick(): void;
  /** It takes so long to go off. */
  slowOff(delayMs: number): void;
  /** The answer to the next command that changes power is lost; the command is not. */
  loseAnswer(): void;
  /** It does not answer any more. */
  silence(): void;
  /** It takes nothing from this user any more. */
  lockOut(): void;
  /** What must not be in any error. */
  readonly secrets: readonly string[];
}

/** What a power interface promises when things go wrong: it ends in time, with a sentence that says what to mend. */
export const powerFaultContract = (name: string, makeMachine: () => FaultyMachine | Promise<FaultyMachine>): void =>
  describe(`${name} promises, when things go wrong,`, () => {
    let machine: FaultyMachine;
    beforeEach(async () => {
      machine = await makeMachine();
    });
    afterEach(() => machine.dispose?.());

    const change = (target: string, args: Bag = {}, signal = new AbortController().signal) =>
      machine.power.actions!.set_power_state!({ ...machine.effect({ target, ...args }), signal });
    const read = () => machine.power.reads!.get_power_state!(machine.effect());
    const failure = (target: string, args: Bag = {}) => rejection(change(target, args));

    it('to wait for a machine that is slow to go off', async () => {
      machine.press('on');
      machine.slowOff(20_000);
      expect(await change('power off', { timeoutMs: 60_000 })).toEqual({ powerState: 'power off' });
      expect(machine.isOn()).toBe(false);
    });

    it('to fail by its time-out when the machine stays as it is', async () => {
      machine.stick();
      const before = machine.clock.now();
      const error = await failure('power on', { timeoutMs: 60_000 });
      expect(error).toBeInstanceOf(HardwareUnreachable);
      expect((error as Error).message).toMatch(/power on.*60 s/);
      expect(machine.clock.now() - before).toBe(60_000);
    });

    it('to fail by its time-out when the operating system does not heed', async () => {
      machine.press('on');
      machine.slowOff(1_000_000);
      const error = await failure('soft power off', { timeoutMs: 30_000 });
      expect(error).toBeInstanceOf(HardwareUnreachable);
      expect((error as Error).message).toMatch(/operating system.*still on after 30 s/);
      expect(machine.isOn()).toBe(true);
    });

    it('to find out what became of a command whose answer is lost', async () => {
      machine.press('on');
      machine.loseAnswer();
      expect(await change('soft power off')).toEqual({ powerState: 'power off' });
      expect(machine.isOn()).toBe(false);
    });

    it('to say that the machine is out of reach, in reads and in changes', async () => {
      machine.silence();
      for (const error of [await rejection(read()), await failure('power on')]) {
        expect(error).toBeInstanceOf(HardwareUnreachable);
        expect((error as HardwareUnreachable).hint).not.toBe('');
      }
    });

    it('to say that the machine takes nothing from this user', async () => {
      machine.lockOut();
      for (const error of [await rejection(read()), await failure('power on')])
        expect(error).toBeInstanceOf(HardwareRefused);
    });

    it('to touch nothing when the effect was told to end before it began', async () => {
      const signal = AbortSignal.abort(new Error('the process ends'));
      expect(await rejection(change('power on', {}, signal))).toMatchObject({ message: 'the process ends' });
      expect(machine.isOn()).toBe(false);
    });

    it('to stop waiting when the effect is told to end', async () => {
      const ending = new AbortController();
      machine.stick();
      machine.clock.after(5_000, () => ending.abort(new Error('the process ends')));
      const error = await rejection(change('power on', { timeoutMs: 60_000 }, ending.signal));
      expect(error).toMatchObject({ message: 'the process ends' });
      expect(machine.clock.now()).toBe(5_000);
    });

    it('errors without secrets', async () => {
      machine.stick();
      const errors = [await failure('power on', { timeoutMs: 1_000 })];
      machine.lockOut();
      errors.push(await failure('power on'));
      machine.silence();
      errors.push(await failure('power on'));
      const shown = errors.map(error => inspect(error, { depth: 20, showHidden: true })).join('\n');
      for (const secret of machine.secrets) expect(shown).not.toContain(secret);
    });
  });
