import type { InterfaceType } from '#domain';
import { interfaceTypes, msOf } from '#domain';
import type { Effect, StepOutcome } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';

// Knobs of a fake machine, in its driver_info: how slow it is, what fails, what waits. With them every flow, every
// failure and every wait state can be shown without hardware.

export const knobProperties = (type: InterfaceType): Readonly<Record<string, string>> => ({
  [`fake_${type}_delay`]: `Seconds that every step and action of the ${type} interface takes. Optional.`,
  [`fake_${type}_fail`]: `Name of the step or action of the ${type} interface that fails, or * for all. Optional.`,
  [`fake_${type}_wait`]: `Seconds for which steps of the ${type} interface wait as for an agent, or "forever". Optional.`,
});

export const knobNames: readonly string[] = interfaceTypes.flatMap(type => Object.keys(knobProperties(type)));

const seconds = (value: unknown): number => {
  const number = Number(value ?? 0);
  return Number.isFinite(number) && number > 0 ? number : 0;
};

/** Takes the time that the machine is told to take, then fails where it is told to. */
export const obeyKnobs = async (
  type: InterfaceType,
  name: string,
  { driverInfo, clock, signal }: Effect,
): Promise<void> => {
  const delayMs = seconds(driverInfo[`fake_${type}_delay`]) * 1000;
  if (delayMs > 0) await clock.sleep(delayMs, signal);
  const fail = driverInfo[`fake_${type}_fail`];
  if (fail === '*' || fail === name)
    throw new HardwareRefused(
      `the fake ${type} interface was told to fail at "${name}" (driver_info fake_${type}_fail)`,
    );
};

const waitOf = (type: InterfaceType, { driverInfo }: Pick<Effect, 'driverInfo'>): unknown =>
  driverInfo[`fake_${type}_wait`];

/** Whether the step waits before it is done, as a real one does for its agent. */
export const waits = (type: InterfaceType, effect: Effect): StepOutcome | undefined => {
  const wait = waitOf(type, effect);
  return wait === 'forever' || seconds(wait) > 0 ? { wait: 'driver' } : undefined;
};

/** Whether such a wait is over. */
export const hasWaited = (type: InterfaceType, effect: Effect, since: string): boolean => {
  const wait = waitOf(type, effect);
  return wait !== 'forever' && effect.clock.now() >= msOf(since) + seconds(wait) * 1000;
};
