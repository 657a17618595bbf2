import type { Effect } from '../hardware-type.js';
import { bootingOf, setBootDevice, setPower } from './machine.js';

/** What the agent is told on its kernel command line (Ironic, agent API), beside what the boot interface adds. */
export interface RamdiskSettings {
  /** Where agents find this service's API: a URL, or several with commas between. */
  readonly apiUrl: string;
  /** Kernel parameters of every boot, as Ironic's `[pxe]kernel_append_params`. */
  readonly appendParameters: string;
  readonly debug: boolean;
}

export const defaultRamdiskSettings: Omit<RamdiskSettings, 'apiUrl'> = {
  appendParameters: 'nofb vga=normal',
  debug: false,
};

/** Boots the machine into the agent's ramdisk. May run again: it boots once more. Answers the power's state then. */
export const bootRamdisk = async (
  effect: Effect,
  settings: RamdiskSettings,
  purpose: 'deploy' | 'rescue' = 'deploy',
  words: readonly string[] = [],
): Promise<string> => {
  const booting = bootingOf(effect);
  const isLeftOn = effect.node.attributes.disable_power_off;
  if (!isLeftOn) await setPower(effect, 'power off');
  await booting.prepareRamdisk(effect, purpose, [...wordsFor(effect, settings), ...words]);
  const ready = await setBootDevice(effect, booting.device, false);
  return setPower(ready, isLeftOn ? 'rebooting' : 'power on');
};

/** `%default%` in what an operator gives stands for what the configuration gives. */
const wordsFor = ({ driverInfo, instanceInfo, node }: Effect, settings: RamdiskSettings): string[] => {
  const given = instanceInfo.kernel_append_params ?? driverInfo.kernel_append_params;
  const own = given === undefined ? settings.appendParameters : String(given);
  return [
    ...own.replaceAll('%default%', settings.appendParameters).split(/\s+/).filter(Boolean),
    `ipa-api-url=${settings.apiUrl}`,
    ...(settings.debug ? ['ipa-debug=1'] : []),
    ...(node.tip ? [`ipa-global-request-id=req-${node.tip.correlationId}`] : []),
  ];
};
