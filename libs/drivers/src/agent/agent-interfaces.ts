import type { BootServices, Images } from '#domain';
import type { RamdiskDefaults } from '../boot/network-boot.js';
import { networkBoot } from '../boot/network-boot.js';
import type { Implementation } from '../hardware-type.js';
import type { AgentClientOptions } from './agent-client.js';
import { AgentClient } from './agent-client.js';
import { agentInspect } from './agent-inspect.js';
import { agentRaid } from './agent-raid.js';
import { agentRescue } from './agent-rescue.js';
import { customAgent, direct } from './direct.js';
import { withoutBootServices } from './not-yet.js';
import { ramdiskDeploy } from './ramdisk-deploy.js';
import type { RamdiskSettings } from './ramdisk.js';
import { defaultRamdiskSettings } from './ramdisk.js';

/** What a conductor that boots machines into agents has, and how it is configured. */
export interface BootingAgents {
  readonly boot: BootServices;
  readonly images: Images;
  /** Where agents find this service's API. */
  readonly apiUrl: string;
  readonly ramdisk?: Partial<RamdiskSettings>;
  readonly defaults?: RamdiskDefaults;
  readonly imageDownloadSource?: 'http' | 'local';
  readonly powerOffAfterDeployFailure?: boolean;
  readonly powerOffAfterInspection?: boolean;
  readonly client?: AgentClientOptions;
}

/** Interfaces of every hardware type whose machines boot over the network, in the order that Ironic prefers them. */
export interface AgentInterfaces {
  readonly boot: readonly Implementation[];
  readonly deploy: readonly Implementation[];
  readonly inspect: Implementation;
  readonly raid: Implementation;
  readonly rescue: Implementation;
}

export const agentInterfaces = (booting: BootingAgents | undefined): AgentInterfaces => {
  if (!booting) return lacking;
  const { boot, defaults } = booting;
  const services = {
    client: new AgentClient(booting.client),
    images: booting.images,
    ramdisk: { ...defaultRamdiskSettings, apiUrl: booting.apiUrl, ...booting.ramdisk },
    imageDownloadSource: booting.imageDownloadSource ?? 'http',
    powerOffAfterDeployFailure: booting.powerOffAfterDeployFailure ?? true,
    powerOffAfterInspection: booting.powerOffAfterInspection ?? true,
  };
  const methods = ['ipxe', 'pxe', 'http-ipxe', 'http'] as const;
  return {
    boot: methods.map(method => networkBoot(method, boot, defaults)),
    deploy: [direct(services), ramdiskDeploy(services), customAgent(services)],
    inspect: agentInspect(services),
    raid: agentRaid(services),
    rescue: agentRescue(services),
  };
};

const lacking: AgentInterfaces = {
  boot: ['ipxe', 'pxe', 'http-ipxe', 'http'].map(name => withoutBootServices(name, `booting machines by ${name}`)),
  deploy: ['direct', 'ramdisk', 'custom-agent'].map(name => withoutBootServices(name, `deploying by ${name}`)),
  inspect: withoutBootServices('agent', 'inspection by an agent'),
  raid: withoutBootServices('agent', 'RAID by an agent'),
  rescue: withoutBootServices('agent', 'rescuing by an agent'),
};
