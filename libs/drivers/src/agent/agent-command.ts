import type { Bag } from '#domain';

/** A command as the agent tells of it (Ironic, agent API). Its parameters are not told. */
export interface AgentCommand {
  readonly id: string;
  /** Without the extension: `execute_deploy_step`. */
  readonly command_name: string;
  readonly command_status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CLEAN_VERSION_MISMATCH' | 'VERSION_MISMATCH';
  readonly command_error: {
    readonly type?: string;
    readonly code?: number;
    readonly message?: string;
    readonly details?: string;
  } | null;
  readonly command_result: Bag | null;
}
