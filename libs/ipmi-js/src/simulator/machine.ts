import { COMPLETED, NOT_IN_PRESENT_STATE } from '../completion-codes.js';
import type { BootFlags } from '../commands/chassis/boot-flags.js';
import type { ChassisAction } from '../commands/chassis/chassis-control.js';
import type { Power } from '../commands/chassis/get-chassis-status.js';
import type { BootOptions } from './boot-options.js';
import type { Faults } from './faults.js';
import type { After } from './timers.js';

/** The computer that the BMC looks after. */
export interface Machine {
  readonly power: Power;
  /** Power was last switched on by a command. */
  readonly onByCommand: boolean;
  /** Every start of the machine, with the boot flags that its BIOS found. */
  readonly boots: readonly BootFlags[];
  readonly diagnosticInterrupts: number;
  /** Carries out a chassis control command; answers a completion code. */
  control(action: ChassisAction): number;
  /** Someone presses the button. */
  switchPower(power: Power): void;
}

export interface MachineEvents {
  /** Power changed. */
  readonly onPower?: (power: Power) => void;
  /** The machine starts, with the boot flags in force for this start. */
  readonly onBoot?: (flags: BootFlags) => void;
}

export const createMachine = (parts: {
  readonly power: Power;
  /** How long the operating system takes to shut down. */
  readonly softShutdownMs: number;
  /** How long power stays off in a power cycle. */
  readonly powerCycleMs: number;
  readonly bootOptions: BootOptions;
  readonly faults: Faults;
  readonly after: After;
  readonly events: MachineEvents;
}): Machine => {
  const { bootOptions, faults, after, events, softShutdownMs, powerCycleMs } = parts;
  const boots: BootFlags[] = [];
  let power = parts.power;
  let onByCommand = false;
  let diagnosticInterrupts = 0;
  /** What is under way: a new power command takes its place. */
  let cancelPending = (): void => {};

  const switchTo = (target: Power): void => {
    const stuck = faults.current('stuck power');
    if (power === target || (stuck && stuck.at !== target)) return;
    power = target;
    events.onPower?.(power);
    if (power === 'on') boot();
  };

  const boot = (): void => {
    const flags = bootOptions.consume();
    boots.push(flags);
    events.onBoot?.(flags);
  };

  /** Without a delay it is done before the command is answered. */
  const later = (delayMs: number, effect: () => void): void => {
    cancelPending();
    cancelPending = (): void => {};
    if (delayMs <= 0) effect();
    else cancelPending = after(delayMs, effect);
  };

  const powerOff = (delayMs: number, then = (): void => {}): void =>
    later(Math.max(delayMs, faults.current('slow power off')?.delayMs ?? 0), () => {
      switchTo('off');
      then();
    });

  const powerOn = (delayMs: number): void =>
    later(delayMs, () => {
      onByCommand = true;
      switchTo('on');
    });

  const actions: Record<ChassisAction, () => void> = {
    'power down': () => powerOff(0),
    'power up': () => powerOn(0),
    'power cycle': () => powerOff(0, () => powerOn(powerCycleMs)),
    'hard reset': boot,
    'diagnostic interrupt': () => diagnosticInterrupts++,
    'soft shutdown': () => powerOff(softShutdownMs),
  };

  return {
    get power() {
      return power;
    },
    get onByCommand() {
      return onByCommand;
    },
    boots,
    get diagnosticInterrupts() {
      return diagnosticInterrupts;
    },

    control(action) {
      // Recommended where nothing would happen (IPMI 2.0, table 28-4).
      if (power === 'off' && (action === 'power cycle' || action === 'hard reset')) return NOT_IN_PRESENT_STATE;
      bootOptions.chassisControlled();
      actions[action]();
      return COMPLETED;
    },

    switchPower(target) {
      cancelPending();
      onByCommand = false;
      bootOptions.powerButtonPressed();
      switchTo(target);
    },
  };
};
