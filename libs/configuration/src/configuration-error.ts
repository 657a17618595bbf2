/** Every value that is wrong, in one go. */
export class ConfigurationError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map(fault => `  - ${fault}`).join('\n')}`);
  }
}
