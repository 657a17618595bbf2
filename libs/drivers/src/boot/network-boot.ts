import type { Bag, BootServices, NetworkBoot } from '#domain';
import { interfaceOf } from '#domain';
import { bootsByUefi } from '../boot-mode.js';
import type { Effect, Implementation } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';

/** Kernels and ramdisks of the agent for nodes that name none: URLs. */
export interface RamdiskDefaults {
  readonly deployKernel?: string;
  readonly deployRamdisk?: string;
  readonly rescueKernel?: string;
  readonly rescueRamdisk?: string;
}

const url = (what: string): Bag => ({
  type: 'string',
  pattern: '^(https?|file)://',
  errorMessage: `driver_info ${what} must be a URL: http, https or file`,
});

/** Boots machines over the network by what this conductor serves (Ironic, deployment). */
export const networkBoot = (
  method: NetworkBoot['method'],
  services: BootServices,
  defaults: RamdiskDefaults = {},
): Implementation => ({
  name: method,
  properties: {
    deploy_kernel: 'Kernel of the deploy ramdisk: a URL. Required where the configuration has none.',
    deploy_ramdisk: 'The deploy ramdisk: a URL. Required where the configuration has none.',
    rescue_kernel: 'Kernel of the rescue ramdisk: a URL. Required to rescue where the configuration has none.',
    rescue_ramdisk: 'The rescue ramdisk: a URL. Required to rescue where the configuration has none.',
    kernel_append_params: 'Words for its kernel; %default% stands for those of the configuration. Optional.',
    force_persistent_boot_device: 'Default, Always or Never: whether the boot device is set for good. Optional.',
  },
  driverInfo: {
    type: 'object',
    ...(!pairOf('deploy', {}, defaults) && { required: ['deploy_kernel', 'deploy_ramdisk'] }),
    properties: Object.fromEntries(
      ['deploy_kernel', 'deploy_ramdisk', 'rescue_kernel', 'rescue_ramdisk'].map(name => [name, url(name)]),
    ),
  },
  needsPort: true,
  boot: {
    device: 'pxe',
    async prepareRamdisk(effect, purpose, words) {
      const pair = pairOf(purpose, effect.driverInfo, defaults);
      if (!pair)
        throw new HardwareRefused(
          `driver_info has no ${purpose}_kernel and ${purpose}_ramdisk, and the configuration has none either`,
          'Both of them are needed, from the same place.',
        );
      await services.prepare({ ...bootOf(effect, method), ...pair, parameters: [...words] });
    },
    cleanUpRamdisk: ({ node }) => services.withdraw(node.uuid),
    async prepareInstance(effect) {
      const { kernel, ramdisk, ramdisk_kernel_arguments: words } = effect.instanceInfo;
      if (interfaceOf(effect.node, 'deploy') !== 'ramdisk') return services.withdraw(effect.node.uuid);
      await services.prepare({
        ...bootOf(effect, method),
        kernel: String(kernel),
        ramdisk: String(ramdisk),
        parameters: [
          'root=/dev/ram0',
          'text',
          ...String(words ?? '')
            .split(/\s+/)
            .filter(Boolean),
        ],
      });
    },
    cleanUpInstance: ({ node }) => services.withdraw(node.uuid),
  },
});

const bootOf = (effect: Effect, method: NetworkBoot['method']) => ({
  nodeId: effect.node.uuid,
  addresses: addressesOf(effect),
  method,
  bootMode: bootsByUefi(effect) ? ('uefi' as const) : ('bios' as const),
});

const addressesOf = ({ node }: Effect): string[] => {
  const addresses = Object.values(node.ports)
    .filter(({ attributes }) => attributes.pxe_enabled)
    .map(({ address }) => address.toLowerCase());
  if (addresses.length > 0) return addresses;
  throw new HardwareRefused(
    'the node has no port that boots from the network',
    'Create a port with the MAC address that boots, with pxe_enabled.',
  );
};

/** Both from the same place: half a pair is none (Ironic, hardware types). */
function pairOf(
  purpose: 'deploy' | 'rescue',
  driverInfo: Bag,
  defaults: RamdiskDefaults,
): { kernel: string; ramdisk: string } | undefined {
  const kernel = driverInfo[`${purpose}_kernel`];
  const ramdisk = driverInfo[`${purpose}_ramdisk`];
  if (kernel && ramdisk) return { kernel: String(kernel), ramdisk: String(ramdisk) };
  const [ours, its] =
    purpose === 'deploy'
      ? [defaults.deployKernel, defaults.deployRamdisk]
      : [defaults.rescueKernel, defaults.rescueRamdisk];
  return ours && its ? { kernel: ours, ramdisk: its } : undefined;
}
