import type { ChassisAction } from '#ipmi-js';
import { powerTargets } from '#domain';
import type { Effect, Implementation } from '../hardware-type.js';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import type { BmcAccess } from './bmc-access.js';
import { ipmiDriverInfo, ipmiProperties } from './driver-info.js';
import { renewBootDevice } from './ipmi-management.js';

/**
 * Power by Chassis Control (IPMI 2.0, section 28.3). A BMC's answer only says that it took the command, so the state
 * is read before, and read after until it has come true.
 */
export const ipmiPower = (bmc: BmcAccess): Implementation => ({
  name: 'ipmitool',
  properties: ipmiProperties,
  driverInfo: ipmiDriverInfo,
  supports: { targets: Object.keys(powerTargets) },
  steps: {
    core: [
      {
        manifest: { step: 'get_power_state', priority: 0, effect: 'idempotent', requiresRamdisk: false },
        run: async effect => ({ done: { powerState: await readPower(bmc, effect) } }),
      },
    ],
  },
  actions: {
    async set_power_state(effect) {
      const target = String(effect.args.target);
      const change = Object.hasOwn(changes, target) ? changes[target] : undefined;
      if (!change) throw new HardwareRefused(`there is no power target "${target}"`);
      await change(bmc, effect);
      return { powerState: powerTargets[target]! };
    },
  },
  reads: { get_power_state: effect => readPower(bmc, effect) },
});

type PowerState = 'power on' | 'power off';
type Change = (bmc: BmcAccess, effect: Effect) => Promise<void>;

const readPower = (bmc: BmcAccess, effect: Effect): Promise<PowerState> =>
  bmc.run(effect, async bmc => `power ${(await bmc.chassisStatus()).power}` as const);

const powerOn: Change = async (bmc, effect) => {
  if ((await readPower(bmc, effect)) === 'power on') return;
  await renewBootDevice(bmc, effect);
  await tell(bmc, effect, 'power up');
  await arrive(bmc, effect, 'power on', 'power up');
};

const powerOff =
  (action: 'power down' | 'soft shutdown'): Change =>
  async (bmc, effect) => {
    if ((await readPower(bmc, effect)) === 'power off') return;
    await tell(bmc, effect, action);
    await arrive(bmc, effect, 'power off', action);
  };

/** Off and on rather than "power cycle": BMCs refuse that one while power is off, and few tell when it is over. */
const offAndOn =
  (off: Change): Change =>
  async (bmc, effect) => {
    await off(bmc, effect);
    await powerOn(bmc, effect);
  };

/** For a machine whose power must not go off. Nothing shows whether it was reset, so an answer is insisted on. */
const reset: Change = async (bmc, effect) => {
  if ((await readPower(bmc, effect)) === 'power off') return powerOn(bmc, effect);
  await renewBootDevice(bmc, effect);
  await bmc.run(effect, bmc => bmc.chassisControl('hard reset'));
};

const reboot: Change = (bmc, effect) =>
  (effect.node.attributes.disable_power_off ? reset : offAndOn(powerOff('power down')))(bmc, effect);

const softReboot: Change = async (bmc, effect) => {
  if (effect.node.attributes.disable_power_off)
    throw new HardwareRefused(
      'a soft reboot by IPMI goes by way of power off, and the node has disable_power_off set',
      'Ask for "rebooting", which resets the machine, or reboot it from its operating system.',
    );
  return offAndOn(powerOff('soft shutdown'))(bmc, effect);
};

const changes: Readonly<Record<string, Change>> = {
  'power on': powerOn,
  'power off': powerOff('power down'),
  'soft power off': powerOff('soft shutdown'),
  rebooting: reboot,
  'soft rebooting': softReboot,
};

/** A command whose answer is lost may have been carried out: the state that is waited for tells. */
const tell = (bmc: BmcAccess, effect: Effect, action: ChassisAction): Promise<void> =>
  bmc.run(effect, async bmc => {
    try {
      await bmc.chassisControl(action);
    } catch (error) {
      if (!(error as { mayHaveRun?: boolean }).mayHaveRun) throw error;
    }
  });

const POLL_MS = 1_000;
const TIMEOUT_MS = 60_000;
const SOFT_TIMEOUT_MS = 600_000;

/**
 * Waits until the BMC shows the state, for `args.timeoutMs` (each half of a reboot has that long). BMCs go silent for
 * a while when they switch power, so silence is endured until then.
 */
const arrive = async (bmc: BmcAccess, effect: Effect, wanted: PowerState, action: ChassisAction): Promise<void> => {
  const { clock, signal, args } = effect;
  const usualMs = action === 'soft shutdown' ? SOFT_TIMEOUT_MS : TIMEOUT_MS;
  const timeoutMs = typeof args.timeoutMs === 'number' ? args.timeoutMs : usualMs;
  const until = clock.now() + timeoutMs;
  for (;;) {
    const seen = await readPower(bmc, effect).catch(unlessSilent);
    if (seen === wanted) return;
    const leftMs = until - clock.now();
    if (leftMs <= 0) throw notArrived(seen, wanted, action, timeoutMs);
    await clock.sleep(Math.min(POLL_MS, leftMs), signal);
  }
};

const unlessSilent = (error: unknown): HardwareUnreachable => {
  if (error instanceof HardwareUnreachable) return error;
  throw error;
};

const notArrived = (
  seen: PowerState | HardwareUnreachable,
  wanted: PowerState,
  action: ChassisAction,
  timeoutMs: number,
): Error => {
  const time = `${timeoutMs / 1000} s`;
  if (seen instanceof HardwareUnreachable)
    return new HardwareUnreachable(
      `${time} after "${action}" it is not known whether it is off or on: ${seen.message}`,
      seen.hint,
      { cause: seen },
    );
  if (action === 'soft shutdown')
    return new HardwareUnreachable(
      `the operating system was asked to shut down, and the power is still on after ${time}`,
      'Look at the console of the machine: does its operating system heed the power button (ACPI)? "power off" does not ask it.',
    );
  return new HardwareUnreachable(
    `the BMC took "${action}", and the machine has not come to "${wanted}" in ${time}`,
    "Look at the machine's power supply, its console and the BMC's log; then try again, with a longer time-out if the machine is slow.",
  );
};
