import type { ProblemCode } from '#domain';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import type { AgentCommand } from './agent-command.js';

/** Nobody answers where the agent said it would. */
export class AgentUnreachable extends HardwareUnreachable {
  override readonly code = 'agent.unreachable';

  constructor(message: string) {
    super(
      message,
      "Look at the machine's console: does the ramdisk run, and does its network reach this conductor (port 9999)?",
    );
  }
}

/** It is at another command: to be given again later. */
export class AgentBusy extends HardwareUnreachable {
  override readonly code = 'agent.busy';

  constructor(reason: string) {
    super(`the agent is busy: ${reason}`, 'Wait for the command that it is at, or reboot the machine.');
  }
}

/** It answers and refuses: a token that is not its own, a command that it does not know. */
export class AgentRefused extends HardwareRefused {
  override readonly code = 'agent.refused';

  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(
      status === 401
        ? 'the agent does not take the token that it was given: another agent answers at its address, or it was started anew'
        : `the agent refused the command: ${reason}`,
      status === 401
        ? 'Start the operation again: the machine is booted anew and gets a new token.'
        : 'Is the agent in the ramdisk as new as this service expects?',
    );
  }
}

/** It was started anew in the middle of what it did: nobody knows how far it came. */
export class AgentRebooted extends HardwareRefused {
  override readonly code = 'agent.rebooted';

  constructor(step: string) {
    super(
      `the agent was started anew while it was at "${step}", and knows nothing of it`,
      'Look at why the machine restarted (its console, its log of events), then start the operation again.',
    );
  }
}

/** It did the command and failed. */
export class AgentCommandFailed extends HardwareRefused {
  override readonly code: ProblemCode;

  constructor({ command_name, command_error }: AgentCommand) {
    const { type = '', message = 'no reason given', details } = command_error ?? {};
    const [code, hint] = kinds.find(([pattern]) => pattern.test(type))?.slice(1) as [ProblemCode, string];
    super(
      `the agent failed at ${command_name}: ${message}${details && details !== message ? ` (${details})` : ''}`,
      hint,
    );
    this.code = code;
  }
}

/** Errors of agents by the names of their types. */
const kinds: readonly (readonly [RegExp, ProblemCode, string])[] = [
  [
    /^ImageChecksumError/,
    'image.checksum-wrong',
    "Compare the image with instance_info's checksum: one of them was changed, or the download was.",
  ],
  [
    /^ImageDownload/,
    'image.missing',
    "The machine could not download the image: try its URL from the machine's network.",
  ],
  [
    /^(InvalidImage|ImageWriteError|IncorrectImageFormat)/,
    'image.refused',
    'Is it a disk image of the format that instance_info names?',
  ],
  [
    /^(DeviceNotFound|BlockDevice|VirtualMedia|DiskSpace|NotEnough|InsufficientDisk)/,
    'disk.unsuitable',
    'No disk of the machine fits: compare its disks with properties.root_device and with the size of the image.',
  ],
  [/^/, 'agent.command-failed', "See the agent's own words; the ramdisk's console has more."],
];
