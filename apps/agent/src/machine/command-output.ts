export interface CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
