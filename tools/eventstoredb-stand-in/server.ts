import type { Access } from './access.js';
import type { EventLog } from './event-log.js';
import type { Faults } from './faults.js';

/** What the handlers of all calls share. */
export interface Server {
  readonly log: EventLog;
  readonly faults: Faults;
  readonly access: Access;
  /** All that are open, without a farewell. */
  breakConnections(): void;
}
