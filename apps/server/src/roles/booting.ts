import type { Configuration } from '#configuration';
import type { BootingAgents } from '#drivers';

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
