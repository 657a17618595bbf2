import type { Extensions } from '../api/command.js';
import type { Hardware } from '../hardware/hardware.js';
import type { Bag } from '../lookup/lookup.js';
import type { Machine } from '../machine/machine.js';
import { flowExtension, type RunCommand } from './flow.js';
import { imageExtension } from './image.js';
import { iscsiExtension } from './iscsi.js';
import { logExtension } from './log.js';
import { pollExtension } from './poll.js';
import { rescueExtension } from './rescue.js';
import { standbyExtension } from './standby.js';
import { stepsExtension } from './steps.js';
import { systemExtension } from './system.js';

export interface ExtensionsOptions {
  readonly hardware: Hardware;
  readonly machine: Machine;
  readonly config: () => Bag;
  readonly setNode: (node: Bag) => void;
  readonly runCommand: RunCommand;
  /** Ends the API and the heartbeats once the present command is answered. */
  readonly leave: () => void;
  /** The same, and takes the network down. */
  readonly lockDown: () => void;
}

/** All that this agent can be told to do. */
export const allExtensions = (options: ExtensionsOptions): Extensions => {
  const { hardware, machine } = options;
  return {
    clean: stepsExtension('clean', hardware),
    deploy: stepsExtension('deploy', hardware),
    service: stepsExtension('service', hardware),
    standby: standbyExtension(options),
    image: imageExtension(hardware),
    rescue: rescueExtension(options),
    log: logExtension(machine),
    poll: pollExtension(hardware, options.setNode),
    system: systemExtension(options.lockDown),
    flow: flowExtension(options.runCommand, text => machine.journal.info(text)),
    iscsi: iscsiExtension(hardware, machine),
  };
};
