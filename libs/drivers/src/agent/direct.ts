import type { StepManifest } from '#domain';
import { bootsByUefi } from '../boot-mode.js';
import type { Effect, Implementation, Step, StepOutcome } from '../hardware-type.js';
import type { AgentClient } from './agent-client.js';
import type { AgentServices } from './agent-services.js';
import { AgentBusy, AgentRebooted, AgentRefused, AgentUnreachable } from './agent-errors.js';
import { isWholeDisk } from './agent-node.js';
import { ramdiskSteps, stepThatBoots } from './boot-steps.js';
import { configDriveFor } from './config-drive/config-drive.js';
import { imageInfo, imageSchema, provideImage } from './image.js';
import { agentOf, inBandStep, succeeded } from './in-band.js';
import { bootingOf, setBootDevice, setPower } from './machine.js';
import { removeRamdisk } from './remove-ramdisk.js';

const properties = {
  fast_track: 'Whether a running agent goes on from one operation to the next. Optional.',
  image_download_source: 'http: the machine downloads the image; local: the conductor does. Optional.',
  image_http_proxy: 'Proxy for the machine to download the image by. Optional.',
  image_https_proxy: 'The same for https. Optional.',
  image_no_proxy: 'Hosts that no proxy is used for, with commas between. Optional.',
  deploy_forces_oob_reboot: 'Whether the machine is switched off by its BMC at the end, without the agent. Optional.',
};

/** Deployment by an agent in a ramdisk that writes an image to the machine's disk (Ironic, deployment). */
export const direct = (services: AgentServices): Implementation => ({
  name: 'direct',
  properties,
  instanceInfo: imageSchema,
  steps: {
    core: ramdiskSteps(services),
    deploy: [
      bootAgentFor(services, effect => provideImage(services.images, effect, services.imageDownloadSource)),
      writeImage(services),
      ...endSteps(services),
    ],
  },
  inBand: inBandStep(services.client, { found: foundByStep }),
  removeRamdisk: (effect, ramdisk) => removeRamdisk(services, effect, ramdisk),
});

/** The same without an image: what is done to the machine comes of its agent's own steps, or of the client's. */
export const customAgent = (services: AgentServices): Implementation => {
  const { steps, instanceInfo: _image, ...rest } = direct(services);
  return {
    ...rest,
    name: 'custom-agent',
    steps: { ...steps, deploy: [bootAgentFor(services, async () => undefined), ...endSteps(services)] },
  };
};

/** RAID steps tell what they have made. */
function foundByStep(result: unknown, { step, node }: Effect) {
  if (step?.interface !== 'raid') return {};
  if (step.step === 'delete_configuration') return { raidConfig: {} };
  const made = typeof result === 'object' && result !== null ? (result as object) : node.raid.target;
  return { raidConfig: { ...made } };
}

/** The image is looked at first: what is not there, or is another, is found out before the machine is touched. */
const bootAgentFor = (services: AgentServices, first: (effect: Effect) => Promise<unknown>): Step => {
  const boot = stepThatBoots(services, { step: 'deploy', priority: 100, effect: 'idempotent', abortable: true });
  return {
    ...boot,
    async run(effect) {
      await first(effect);
      return boot.run(effect);
    },
  };
};

const writeImage = ({ client, images, imageDownloadSource }: AgentServices): Step => ({
  manifest: { step: 'write_image', priority: 80, effect: 'once', destructive: true, abortable: true },
  ...inBandStep(client, {
    async args(effect) {
      const drive = configDriveFor(effect.instanceInfo.configdrive, effect.node);
      const info = await imageInfo(images, effect, imageDownloadSource);
      return { image_info: { ...info, ...(drive && { configdrive: drive }) }, configdrive: drive };
    },
  }),
});

/** What comes after the disk was written: the boot loader, the end of the agent, the first start of the instance. */
const endSteps = (services: AgentServices): Step[] => [
  prepareInstanceBoot(services),
  tearDownAgent(services),
  // Without networks to switch between there is nothing to do; the step has its place all the same.
  plain({ step: 'switch_to_tenant_network', priority: 30, effect: 'idempotent', requiresRamdisk: false }, async () => ({
    done: {},
  })),
  plain({ step: 'boot_instance', priority: 20, effect: 'observed', requiresRamdisk: false }, async effect => ({
    done: { powerState: await setPower(effect, effect.node.attributes.disable_power_off ? 'rebooting' : 'power on') },
  })),
];

const plain = (manifest: StepManifest, run: (effect: Effect) => Promise<StepOutcome>): Step => ({ manifest, run });

const prepareInstanceBoot = ({ client, images }: AgentServices): Step => {
  const finish = async (effect: Effect): Promise<StepOutcome> => {
    await bootingOf(effect).prepareInstance(effect);
    await setBootDevice(effect, 'disk', true);
    await images.release(effect.node.uuid);
    return { done: {} };
  };
  const needsLoader = (effect: Effect) => !isWholeDisk(effect.instanceInfo) || bootsByUefi(effect);

  const run = async (effect: Effect): Promise<StepOutcome> => {
    if (!needsLoader(effect)) return finish(effect);
    const call = { signal: effect.signal, clock: effect.clock };
    try {
      const answer = await client.give(agentOf(effect), 'standby.get_partition_uuids', {}, { ...call, wait: true });
      const uuids = succeeded(answer).command_result ?? {};
      const params = {
        root_uuid: uuids['root uuid'] || null,
        efi_system_part_uuid: uuids['efi system partition uuid'] ?? null,
        prep_boot_part_uuid: uuids['PReP Boot partition uuid'] ?? null,
        target_boot_mode: bootsByUefi(effect) ? 'uefi' : 'bios',
        ignore_bootloader_failure: false,
      };
      const { id } = await client.give(agentOf(effect), 'image.install_bootloader', params, { ...call, wait: false });
      return { wait: 'agent', command: id };
    } catch (error) {
      if (error instanceof AgentBusy) return { wait: 'agent' };
      throw error;
    }
  };

  return {
    manifest: { step: 'prepare_instance_boot', priority: 60, effect: 'idempotent', abortable: true },
    run,
    async poll(effect) {
      if (!effect.agent) return undefined;
      const id = effect.node.operation?.waiting?.command;
      if (!id) return run(effect);
      const command = await client.command(effect.agent, id, effect);
      if (!command) throw new AgentRebooted('prepare_instance_boot');
      if (command.command_status === 'RUNNING') return undefined;
      succeeded(command);
      return finish(effect);
    },
  };
};

const OFF_LOOKS = 6;
const OFF_PAUSE_MS = 5_000;

/** Switches the machine off by its agent, so that its disks are in order; by its BMC where that does not help. */
const tearDownAgent = ({ client }: AgentServices): Step =>
  plain({ step: 'tear_down_agent', priority: 40, effect: 'observed', agent: 'ends' }, async effect => {
    const { node, driverInfo } = effect;
    if (node.attributes.disable_power_off) {
      await told(client, effect, 'standby.sync', true);
      await told(client, effect, 'system.lockdown', false);
      return { done: {} };
    }
    const isForced = /^(true|1|yes|on)$/i.test(String(driverInfo.deploy_forces_oob_reboot));
    await (isForced ? told(client, effect, 'standby.sync', true) : told(client, effect, 'standby.power_off', false));
    if (!isForced) await untilOff(effect);
    return { done: { powerState: await setPower(effect, 'power off') } };
  });

/** An agent that is gone already, or that ends while it answers, has been told. */
const told = async (client: AgentClient, effect: Effect, name: string, wait: boolean): Promise<void> => {
  if (!effect.agent) return;
  try {
    await client.give(effect.agent, name, {}, { signal: effect.signal, clock: effect.clock, wait });
  } catch (error) {
    const isGone = error instanceof AgentUnreachable || error instanceof AgentRefused || error instanceof AgentBusy;
    if (!isGone) throw error;
  }
};

const untilOff = async (effect: Effect): Promise<void> => {
  const read = effect.peer('power').reads?.get_power_state;
  for (let look = 0; read && look < OFF_LOOKS; look++) {
    if ((await read(effect).catch(() => undefined)) === 'power off') return;
    await effect.clock.sleep(OFF_PAUSE_MS, effect.signal);
  }
};
