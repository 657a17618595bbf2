import type { BootDevice } from '#ipmi-js';
import type { Effect, Implementation } from '../hardware-type.js';
import type { BmcAccess } from './bmc-access.js';
import { bootsByUefi } from '../boot-mode.js';
import {
  bootDeviceProperties,
  disablesBootTimeout,
  forcesBootDevice,
  ipmiDriverInfo,
  ipmiProperties,
} from './driver-info.js';

const BOOT_DEVICES: readonly BootDevice[] = ['pxe', 'disk', 'cdrom', 'bios', 'safe'];

/** Boot flags (IPMI 2.0, section 28.12) and the diagnostic interrupt. IPMI knows no boot modes to read or set. */
export const ipmiManagement = (bmc: BmcAccess): Implementation => ({
  name: 'ipmitool',
  properties: { ...ipmiProperties, ...bootDeviceProperties },
  driverInfo: ipmiDriverInfo,
  supports: { 'boot devices': BOOT_DEVICES, nmi: ['inject'] },
  actions: {
    async set_boot_device(effect) {
      const { device, persistent } = effect.args;
      await setBootDevice(bmc, effect, device as BootDevice, persistent === true);
      return {};
    },
    async inject_nmi(effect) {
      await bmc.run(effect, bmc => bmc.chassisControl('diagnostic interrupt'));
      return {};
    },
  },
  reads: { get_boot_device: effect => getBootDevice(bmc, effect) },
});

const setBootDevice = (bmc: BmcAccess, effect: Effect, device: BootDevice, persistent: boolean): Promise<void> =>
  bmc.run(effect, bmc =>
    bmc.setBootDevice({
      device,
      // What is set again before each start need not be persistent, which only administrators may set (table 28-14).
      persistent: persistent && !forcesBootDevice(effect.driverInfo),
      efi: bootsByUefi(effect),
      disableTimeout: disablesBootTimeout(effect.driverInfo),
    }),
  );

/** The persistent boot device that the driver keeps for a BMC that forgets it (`ipmi_force_boot_device`). */
const keptDevice = ({ node, driverInfo }: Effect): BootDevice | undefined =>
  forcesBootDevice(driverInfo) && node.boot.persistent
    ? ((node.boot.device as BootDevice | null) ?? undefined)
    : undefined;

/** Sets that device again; a device for one boot, set since, is left alone. */
export const renewBootDevice = async (bmc: BmcAccess, effect: Effect): Promise<void> => {
  const device = keptDevice(effect);
  if (device) await setBootDevice(bmc, effect, device, true);
};

/** Null where the machine boots by its own order: flags that are not valid mean nothing. */
const getBootDevice = async (bmc: BmcAccess, effect: Effect) => {
  const kept = keptDevice(effect);
  if (kept) return { boot_device: kept, persistent: true };
  const { device, persistent, valid } = await bmc.run(effect, bmc => bmc.getBootDevice());
  const known = valid && (BOOT_DEVICES as readonly string[]).includes(device);
  return { boot_device: known ? device : null, persistent: known ? persistent : null };
};
