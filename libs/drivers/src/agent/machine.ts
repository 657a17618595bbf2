import { Problem } from '#domain';
import type { Booting, Effect } from '../hardware-type.js';

// What drivers of agents do to a machine by way of its other interfaces.

/** Answers the state that the power is in then. */
export const setPower = async (effect: Effect, target: string): Promise<string> => {
  const perform = effect.peer('power').actions?.set_power_state;
  if (!perform) throw unsupported('power', 'set_power_state');
  const { powerState } = await perform({ ...effect, args: { target } });
  return powerState ?? (target === 'power off' ? 'power off' : 'power on');
};

/** The device counts as recorded for the start that follows, as one that an operator has set does. */
export const setBootDevice = async (effect: Effect, device: string, persistent: boolean): Promise<Effect> => {
  const forced = String(effect.driverInfo.force_persistent_boot_device ?? 'Default');
  const lasting = forced === 'Always' || (forced !== 'Never' && persistent);
  const perform = effect.peer('management').actions?.set_boot_device;
  if (!perform) throw unsupported('management', 'set_boot_device');
  await perform({ ...effect, args: { device, persistent: lasting } });
  const { node } = effect;
  return { ...effect, node: { ...node, boot: { ...node.boot, device, persistent: lasting } } };
};

/** @throws Problem hardware.unsupported when the node's boot interface boots nothing */
export const bootingOf = (effect: Effect): Booting => {
  const { boot, name, notYet } = effect.peer('boot');
  if (!boot) throw unsupported('boot', `booting a ramdisk (${notYet ?? name})`);
  return boot;
};

const unsupported = (type: string, ability: string): Problem =>
  new Problem({
    code: 'hardware.unsupported',
    title: 'The driver cannot do this',
    detail: `The node's ${type} interface does not support ${ability}.`,
    hint: 'Give the node another one: baremetal node validate shows them all.',
  });
