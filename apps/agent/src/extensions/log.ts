import type { Extension } from '../api/command.js';
import { collectLogs } from '../logs/collect-logs.js';
import type { Machine } from '../machine/machine.js';

export const logExtension = (machine: Machine): Extension => ({
  collect_system_logs: {
    kind: 'sync',
    takes: {},
    run: async () => ({ system_logs: await collectLogs(machine) }),
  },
});
