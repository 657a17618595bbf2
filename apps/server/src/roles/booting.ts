import { join } from 'node:path';
import type { Configuration } from '#configuration';
import type { BootingAgents } from '#drivers';
import type { DataDirectory } from '../data-directory.js';
import type { RoleParts } from './role.js';

/** What serves machines that boot over the network. */
export type BootParts = Pick<BootingAgents, 'boot' | 'images'>;

/** With what a conductor drives agents, as the configuration has it. */
export const bootingAgents = (configuration: Configuration, parts: BootParts): BootingAgents => {
  const { deployKernel, deployRamdisk, rescueKernel, rescueRamdisk } = configuration;
  return {
    ...parts,
    apiUrl: configuration.agentApiUrl,
    ramdisk: { appendParameters: configuration.kernelAppendParams, debug: configuration.logLevel === 'debug' },
    defaults: {
      ...(deployKernel && { deployKernel }),
      ...(deployRamdisk && { deployRamdisk }),
      ...(rescueKernel && { rescueKernel }),
      ...(rescueRamdisk && { rescueRamdisk }),
    },
    imageDownloadSource: configuration.imageDownloadSource,
    powerOffAfterDeployFailure: configuration.powerOffAfterDeployFailure,
    powerOffAfterInspection: configuration.powerOffAfterInspection,
  };
};

/** Those that the configuration asks for, in this process; nothing where it asks for none. */
export const configuredBootParts = async (
  { configuration, clock, logger, atEnd }: Pick<RoleParts, 'configuration' | 'clock' | 'logger' | 'atEnd'>,
  directory: DataDirectory,
): Promise<BootParts | undefined> => {
  if (!configuration.bootServices) return undefined;
  const { bootDhcpInterface, bootDhcpRange, deployKernel, deployRamdisk, rescueKernel, rescueRamdisk } = configuration;
  const { openBootServices } = await import('#boot-services');
  const services = await openBootServices({
    folder: join(directory.path, 'boot'),
    address: configuration.bootAddress,
    httpPort: configuration.bootHttpPort,
    httpUrl: configuration.bootHttpUrl,
    ...(configuration.bootTftp && { tftpPort: configuration.bootTftpPort }),
    ...(configuration.bootDhcp === 'dnsmasq' && { dhcp: { interface: bootDhcpInterface!, range: bootDhcpRange! } }),
    loaderFolders: configuration.bootLoaderFolders,
    places: {
      folders: configuration.fileUrlFolders,
      trusted: new Set([deployKernel, deployRamdisk, rescueKernel, rescueRamdisk].filter(url => url !== undefined)),
    },
    cacheBytes: configuration.bootCacheMebibytes * 2 ** 20,
    makeRaw: configuration.forceRawImages,
    clock,
    report: (message, details) => logger.warn(details, message),
  });
  atEnd(() => services.close());
  logger.info({ http: configuration.bootHttpUrl, tftpPort: services.tftpPort }, 'machines can boot from here');
  return services;
};
