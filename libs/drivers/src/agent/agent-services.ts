import type { Images } from '#domain';
import type { AgentClient } from './agent-client.js';
import type { RamdiskSettings } from './ramdisk.js';

/** What driving agents needs. */
export interface AgentServices {
  readonly client: AgentClient;
  readonly images: Images;
  readonly ramdisk: RamdiskSettings;
  /** `http` or `local`, where neither instance nor node says (`[agent]image_download_source`). */
  readonly imageDownloadSource: string;
  readonly powerOffAfterDeployFailure: boolean;
  readonly powerOffAfterInspection: boolean;
}
