import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Extension } from '../api/command.js';
import { wipeMetadata } from '../hardware/erase/wipe-metadata.js';
import type { Hardware } from '../hardware/hardware.js';
import type { Disk } from '../hardware/inventory/inventory.js';
import { tryRun, type Run } from '../machine/run-command.js';
import type { Machine } from '../machine/machine.js';
import { AgentProblem, invalidParameters } from '../problem.js';

const iscsiError = (details: string): AgentProblem =>
  new AgentProblem('ISCSICommandError', 'Error starting the iSCSI target', details);

const tgtadm = (run: Run, ...args: string[]) => run('tgtadm', ['--lld', 'iscsi', ...args]);

/** tgtd goes to the background and then takes a moment until its socket is there. */
const startDaemon = async (machine: Machine, portalPort: number): Promise<void> => {
  await machine.run('tgtd', ['--iscsi', `portal=[::]:${portalPort},portal=0.0.0.0:${portalPort}`]);
  for (let attempt = 0; attempt < 50; attempt++) {
    const shown = await tryRun(machine.run, 'tgtadm', ['--lld', 'iscsi', '--mode', 'target', '--op', 'show']);
    if (shown !== undefined) return;
    await sleep(100);
  }
  throw iscsiError('tgtd was started and does not answer');
};

const share = async (machine: Machine, disk: Disk, iqn: string): Promise<void> => {
  const { run } = machine;
  await tgtadm(run, '--mode', 'target', '--op', 'new', '--tid', '1', '--targetname', iqn);
  await tgtadm(run, '--mode', 'logicalunit', '--op', 'new', '--tid', '1', '--lun', '1', '--backing-store', disk.name);
  await tgtadm(run, '--mode', 'target', '--op', 'bind', '--tid', '1', '--initiator-address', 'ALL');
};

/** Gives the root disk out by iSCSI, so that the conductor writes it: the older way to deploy. */
export const iscsiExtension = (hardware: Hardware, machine: Machine): Extension => ({
  start_iscsi_target: {
    kind: 'sync',
    takes: { iqn: 'optional', portal_port: 'optional', wipe_disk_metadata: 'optional' },
    validate: ({ portal_port: port }) => {
      if (port !== undefined && port !== null && !(Number(port) > 0 && Number(port) < 65_536)) {
        throw invalidParameters('portal_port must be a port.');
      }
    },
    run: async ({ iqn, portal_port: port, wipe_disk_metadata: wipeFirst }) => {
      const name = typeof iqn === 'string' && iqn !== '' ? iqn : 'iqn.2008-10.org.openstack:ironic-deploy';
      const disk = await hardware.dispatch<Disk>('get_os_install_device');
      // Opened once, so that a disk that cannot be read is named before a target is made of it.
      await (await open(disk.name, 'r')).close();
      if (wipeFirst === true) await wipeMetadata(disk);
      try {
        await startDaemon(machine, Number(port ?? 3260));
        await share(machine, disk, name);
      } catch (error) {
        throw error instanceof AgentProblem
          ? error
          : iscsiError(error instanceof Error ? error.message : String(error));
      }
      return { iscsi_target_iqn: name };
    },
  },
});
