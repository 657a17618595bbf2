import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CommandLog } from '../api/command-log.js';
import type { CommandResult } from '../api/command.js';
import { newGpt, partitionTypes, writeGpt } from '../image/partition-table/gpt.js';
import { withoutTokens } from '../logs/collect-logs.js';
import { gib, mib, testHardware, testMachine, type Program, type TestMachine } from '../test-bench.js';
import { allExtensions } from './extensions.js';

describe('the commands of the agent', () => {
  let machine: TestMachine;
  let left: string[];
  afterEach(() => machine.remove());

  const agent = async (programs: Record<string, Program> = {}, disks?: Record<string, number>): Promise<CommandLog> => {
    machine = await testMachine(disks ?? { vda: 5 * gib }, { sync: () => '', ...programs });
    left = [];
    const commands: CommandLog = new CommandLog(
      allExtensions({
        hardware: await testHardware(machine),
        machine,
        config: () => ({}),
        setNode: node => left.push(JSON.stringify(node)),
        runCommand: (name, params) => commands.runInside(name, params),
        leave: () => left.push('leave'),
        lockDown: () => left.push('lock down'),
      }),
      machine.journal,
    );
    return commands;
  };
  const step = (name: string, kind: 'clean' | 'deploy', rest: object = {}, node: object = {}) =>
    [`${kind}.execute_${kind}_step`, { step: { step: name, ...rest }, node, ports: [] }, true] as const;

  describe('flow.start_flow', () => {
    it('runs its commands in order, and gives the result of each', async () => {
      const commands = await agent();
      const flow = [{ 'standby.sync': {} }, { 'standby.get_partition_uuids': {} }];
      expect(await commands.execute('flow.start_flow', { flow }, true)).toMatchObject({
        command_status: 'SUCCEEDED',
        command_result: {
          flow: [
            { command: 'standby.sync', result: null },
            { command: 'standby.get_partition_uuids', result: {} },
          ],
        },
      });
      expect(commands.list()).toHaveLength(1);
    });

    it('ends at the first failure, and says how far it came', async () => {
      const commands = await agent();
      const flow = [
        { 'standby.sync': {} },
        { 'standby.execute_bootc_install': { image_source: 'oci://x' } },
        { 'standby.sync': {} },
      ];
      expect(await commands.execute('flow.start_flow', { flow }, true)).toMatchObject({
        command_status: 'FAILED',
        command_error: {
          type: 'CommandExecutionError',
          details: expect.stringMatching(/^standby.execute_bootc_install, 2 of 3: /),
        },
      });
      expect(machine.ran).toEqual(['sync']);
    });

    it.each([['no list'], [[{ a: {}, b: {} }]], [[{ 'standby.sync': 1 }]], [[{ 'flow.start_flow': { flow: [] } }]]])(
      'refuses %j',
      async flow => {
        const commands = await agent();
        await expect(commands.execute('flow.start_flow', { flow }, true)).rejects.toMatchObject({ status: 400 });
      },
    );

    it('knows a deployment by one name', async () => {
      const commands = await agent();
      const image = { id: 'x', urls: ['http://192.0.2.1/x'] };
      expect(await commands.execute('flow.deploy', { image_info: image }, true)).toMatchObject({
        command_error: { details: expect.stringMatching(/^standby.prepare_image, 1 of 3: .*checksum/) },
      });
    });
  });

  describe('erasing', () => {
    const fill = async (name: string, at: number): Promise<void> => {
      const disk = await open(join(machine.roots.dev, name), 'r+');
      await disk.write(Buffer.alloc(mib, 9), 0, mib, at);
      await disk.close();
    };
    const isZero = async (name: string, at: number): Promise<boolean> => {
      const disk = await open(join(machine.roots.dev, name), 'r');
      const bytes = Buffer.alloc(mib);
      await disk.read(bytes, 0, mib, at);
      await disk.close();
      return bytes.every(byte => byte === 0);
    };

    it('wipes the metadata at both ends of each disk, but of those that the node keeps', async () => {
      const commands = await agent({}, { vda: 64 * mib, vdb: 32 * mib });
      for (const [name, at] of [
        ['vda', 0],
        ['vda', 63 * mib],
        ['vda', 30 * mib],
        ['vdb', 0],
      ] as const)
        await fill(name, at);
      const node = { properties: { skip_block_devices: [{ name: `s== ${join(machine.roots.dev, 'vdb')}` }] } };
      expect(await commands.execute(...step('erase_devices_metadata', 'clean', {}, node))).toMatchObject({
        command_status: 'SUCCEEDED',
      });
      expect(await isZero('vda', 0)).toBe(true);
      expect(await isZero('vda', 63 * mib)).toBe(true);
      expect(await isZero('vda', 30 * mib)).toBe(false);
      expect(await isZero('vdb', 0)).toBe(false);
    });

    it('overwrites all of a disk that cannot erase itself', async () => {
      const commands = await agent({}, { vda: 16 * mib });
      await fill('vda', 7 * mib);
      expect(await commands.execute(...step('erase_devices', 'clean'))).toMatchObject({ command_status: 'SUCCEEDED' });
      expect(await isZero('vda', 7 * mib)).toBe(true);
    });

    it('has an NVMe drive erase itself', async () => {
      const nvme: Program = args => (args[0] === 'id-ctrl' ? '{"oacs":2,"fna":4}' : '');
      const commands = await agent({ nvme }, { nvme0n1: 8 * mib });
      await fill('nvme0n1', 0);
      expect(await commands.execute(...step('erase_devices', 'clean'))).toMatchObject({ command_status: 'SUCCEEDED' });
      expect(machine.ran.at(-1)).toBe(`nvme format ${join(machine.roots.dev, 'nvme0n1')} -s 2 -f`);
      expect(await isZero('nvme0n1', 0)).toBe(false);
    });

    it('fails for a disk that failed to erase itself, unless that is to be ignored', async () => {
      const nvme: Program = args => (args[0] === 'id-ctrl' ? '{"oacs":2}' : { code: 1 });
      const commands = await agent({ nvme }, { nvme0n1: 8 * mib, vdb: 8 * mib });
      await fill('vdb', 0);
      const failed = await commands.execute(...step('erase_devices', 'clean'));
      expect(failed.command_error).toMatchObject({
        type: 'CleaningError',
        details: expect.stringContaining('nvme0n1'),
      });
      expect(await isZero('vdb', 0)).toBe(true);
      const node = { driver_internal_info: { agent_continue_if_secure_erase_failed: true } };
      expect(await commands.execute(...step('erase_devices', 'clean', {}, node))).toMatchObject({
        command_status: 'SUCCEEDED',
      });
    });

    it('refuses a read-only disk unless it may be skipped', async () => {
      const commands = await agent();
      await writeFile(join(machine.roots.sys, 'block/vda/ro'), '1');
      expect((await commands.execute(...step('erase_devices', 'clean'))).command_error).toMatchObject({
        type: 'BlockDeviceEraseError',
      });
      const node = { driver_internal_info: { agent_erase_skip_read_only: true } };
      expect(await commands.execute(...step('erase_devices', 'clean', {}, node))).toMatchObject({
        command_status: 'SUCCEEDED',
      });
    });

    it('removes the crash records of the owner before', async () => {
      const commands = await agent();
      const record = join(machine.roots.sys, 'fs/pstore/dmesg-efi-1');
      await mkdir(join(record, '..'), { recursive: true });
      await writeFile(record, 'panic');
      await commands.execute(...step('erase_pstore', 'clean'));
      await expect(readFile(record)).rejects.toThrow('ENOENT');
    });
  });

  describe('image.install_bootloader', () => {
    let commands: CommandLog;
    let mounted: (folder: string) => Promise<void>;
    const efibootmgr: Program = () => 'BootCurrent: 0001\nBoot0001* UEFI PXE\tPci\nBoot0007* ironic1\tHD(1)\n';
    const withEsp = async (programs: Record<string, Program>): Promise<void> => {
      commands = await agent({ mount: () => '', umount: () => '', ...programs });
      const disk = await open(join(machine.roots.dev, 'vda'), 'r+');
      const guid = '0a1b2c3d-1111-4222-8333-444455556666';
      const esp = {
        number: 15,
        typeGuid: partitionTypes.efiSystem,
        guid,
        firstLba: 2048,
        lastLba: 4095,
        attributes: 0n,
        name: '',
      };
      await writeGpt(disk, { ...newGpt(), partitions: [esp] }, 5 * gib);
      await disk.close();
      mounted = async file => {
        await mkdir(join(machine.roots.tmp, 'esp', file, '..'), { recursive: true });
        await writeFile(join(machine.roots.tmp, 'esp', file), '');
      };
    };
    const install = (params: object = {}): Promise<CommandResult> =>
      commands.execute('image.install_bootloader', { target_boot_mode: 'uefi', ...params }, true);

    it("makes the disk's own loader the firmware's first choice, and drops the old entry", async () => {
      await withEsp({ efibootmgr });
      await mounted('EFI/BOOT/BOOTX64.EFI');
      await mounted('EFI/debian/shimx64.efi');
      expect(await install()).toMatchObject({ command_status: 'SUCCEEDED', command_result: null });
      const device = join(machine.roots.dev, 'vda');
      expect(machine.ran.filter(line => line.startsWith('efibootmgr'))).toEqual([
        'efibootmgr -v',
        'efibootmgr -b 0007 -B',
        `efibootmgr -c -d ${device} -p 15 -w -L ironic1 -l \\EFI\\debian\\shimx64.efi`,
      ]);
      expect(machine.ran).toContain(`mount ${device}15 ${join(machine.roots.tmp, 'esp')}`);
    });

    it('leaves the fallback to the firmware in a ramdisk without efibootmgr', async () => {
      await withEsp({});
      await mounted('efi/boot/bootx64.efi');
      expect(await install()).toMatchObject({ command_status: 'SUCCEEDED' });
    });

    it('fails where there is no loader, unless that is to be ignored', async () => {
      await withEsp({ efibootmgr });
      expect((await install()).command_error).toMatchObject({ type: 'DeviceNotFound' });
      expect(await install({ ignore_bootloader_failure: true })).toMatchObject({ command_status: 'SUCCEEDED' });
    });

    it('leaves a whole-disk image alone on a machine that starts by BIOS', async () => {
      await withEsp({});
      expect(await install({ target_boot_mode: 'bios', root_uuid: '0xdeadbeef' })).toMatchObject({
        command_status: 'SUCCEEDED',
      });
      expect(machine.ran).toEqual([]);
    });
  });

  it('iscsi.start_iscsi_target gives the root disk out', async () => {
    const commands = await agent({ tgtd: () => '', tgtadm: () => '' });
    const params = { iqn: 'iqn.2026-01.example:node', portal_port: 3266, wipe_disk_metadata: true };
    expect(await commands.execute('iscsi.start_iscsi_target', params, true)).toMatchObject({
      command_result: { iscsi_target_iqn: 'iqn.2026-01.example:node' },
    });
    expect(machine.ran).toEqual([
      'tgtd --iscsi portal=[::]:3266,portal=0.0.0.0:3266',
      'tgtadm --lld iscsi --mode target --op show',
      'tgtadm --lld iscsi --mode target --op new --tid 1 --targetname iqn.2026-01.example:node',
      `tgtadm --lld iscsi --mode logicalunit --op new --tid 1 --lun 1 --backing-store ${join(machine.roots.dev, 'vda')}`,
      'tgtadm --lld iscsi --mode target --op bind --tid 1 --initiator-address ALL',
    ]);
    await machine.remove();
    const without = await agent();
    expect((await without.execute('iscsi.start_iscsi_target', {}, true)).command_error).toMatchObject({
      type: 'ISCSICommandError',
      details: 'this ramdisk has no tgtd',
    });
  });

  it('rescue.finalize_rescue leaves a password that login understands, and the agent goes', async () => {
    const commands = await agent();
    const file = () => readFile(join(machine.folder, 'etc/ipa-rescue-config/ipa-rescue-password'), 'utf8');
    await commands.execute('rescue.finalize_rescue', { rescue_password: '$6$salt$hash', hashed: true }, true);
    expect(await file()).toBe('$6$salt$hash');
    await commands.execute('rescue.finalize_rescue', { rescue_password: 'secret' }, true);
    expect(await file()).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
    expect(left).toEqual(['leave', 'leave']);
  });

  it('log.collect_system_logs packs what was done, without the token', async () => {
    const commands = await agent({ dmesg: () => 'kernel said\n' });
    await writeFile(join(machine.roots.proc, 'cmdline'), 'quiet ipa-agent-token=verysecret');
    const { command_result: result } = await commands.execute('log.collect_system_logs', {}, true);
    const tar = gunzipSync(Buffer.from((result as { system_logs: string }).system_logs, 'base64')).toString();
    expect(tar).toContain('command log.collect_system_logs begins');
    expect(tar).toContain('kernel said');
    expect(tar).not.toContain('verysecret');
    expect(withoutTokens('a ipa_agent_token=x b')).toBe('a ipa_agent_token=****** b');
  });

  it('poll, system and standby do as they are told', async () => {
    const commands = await agent({ poweroff: () => '' });
    expect((await commands.execute('poll.get_hardware_info', {}, true)).command_result).toMatchObject({
      hostname: 'ramdisk',
    });
    await commands.execute('poll.set_node_info', { node_info: { uuid: '1' } }, true);
    await commands.execute('system.lockdown', {}, true);
    expect(left).toEqual(['{"uuid":"1"}', 'lock down']);
    await commands.execute('standby.power_off', {}, true);
    expect(machine.ran).toEqual(['sync', 'poweroff -f']);
    await commands.execute('standby.run_image', {}, true);
    expect(await readFile(join(machine.roots.proc, 'sysrq-trigger'), 'utf8')).toBe('b');
  });
});
