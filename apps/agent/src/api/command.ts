export type Params = Readonly<Record<string, unknown>>;

/** A thing that the agent can be told to do, one of the commands of an extension. */
export interface Command {
  /** A synchronous command is answered when it has ended, an asynchronous one at once, unless `wait=true`. */
  readonly kind: 'sync' | 'async';
  /** Names of its parameters; any other one fails the command. */
  readonly takes: Readonly<Record<string, 'required' | 'optional'>>;
  /** Throws a `Refusal` for what can be judged before anything begins. */
  readonly validate?: (params: Params) => void;
  readonly run: (params: Params) => Promise<unknown>;
}

export type Extension = Readonly<Record<string, Command>>;
export type Extensions = Readonly<Record<string, Extension>>;

export type CommandStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CLEAN_VERSION_MISMATCH';

/** What the protocol says of a command. Parameters are never echoed. */
export interface CommandResult {
  readonly id: string;
  /** Without the extension. */
  readonly command_name: string;
  readonly command_status: CommandStatus;
  readonly command_error: { type: string; code: number; message: string; details: string } | null;
  readonly command_result: unknown;
}

export const isBag = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
