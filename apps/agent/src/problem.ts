/**
 * A command that fails, as its result reports it: `{type, code, message, details}`. Conductors match on `type`, so
 * the types are the ones of the agent's protocol.
 */
export class AgentProblem extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly details: string,
    readonly code = 500,
  ) {
    super(message);
  }
}

/** A request that is answered with an HTTP error and leaves no command behind. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly fault: string,
  ) {
    super(fault);
  }
}

const problem =
  (type: string, message: string, code = 500) =>
  (details: string): AgentProblem =>
    new AgentProblem(type, message, details, code);

export const imageChecksumError = problem('ImageChecksumError', 'Error verifying image checksum');
export const imageDownloadError = problem('ImageDownloadError', 'Error downloading image');
export const imageDownloadFatalError = problem('ImageDownloadFatalError', 'Error downloading image');
export const imageDownloadTimeout = problem('ImageDownloadTimeoutError', 'Image download timed out', 408);
export const imageWriteError = problem('ImageWriteError', 'Error writing image to device');
export const invalidImage = problem('InvalidImage', 'Error with image');
export const deploymentError = problem('DeploymentError', 'Deploy step failed');
export const cleaningError = problem('CleaningError', 'Clean step failed');
export const servicingError = problem('ServicingError', 'Service step failed');
export const deviceNotFound = problem('DeviceNotFound', 'Error finding the disk or partition device', 404);
export const blockDeviceEraseError = problem('BlockDeviceEraseError', 'Error erasing block device');
export const configDriveError = problem('ConfigDriveWriteError', 'Error writing configdrive to device');
export const softwareRaidError = problem('SoftwareRAIDError', 'Error configuring software RAID');
export const commandExecutionError = problem('CommandExecutionError', 'Command execution failed');
export const methodNotFound = problem('HardwareManagerMethodNotFound', 'No HardwareManager found to handle method');
export const versionMismatch = problem(
  'VersionMismatch',
  'Hardware managers version mismatch, reload agent with correct version',
  409,
);
export const unexpectedParameter = problem('TypeError', 'Unexpected parameter');
export const systemRebootError = problem('SystemRebootError', 'Error rebooting system');

export const invalidParameters = (why: string): Refusal => new Refusal(400, `Invalid command parameters: ${why}`);

/** What a result says of anything that was thrown. */
export const asProblem = (error: unknown): AgentProblem => {
  if (error instanceof AgentProblem) return error;
  if (error instanceof Refusal) return commandExecutionError(error.fault);
  return commandExecutionError(error instanceof Error ? error.message : String(error));
};
