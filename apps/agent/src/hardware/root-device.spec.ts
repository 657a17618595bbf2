import { describe, expect, it } from '@jest/globals';
import { matchesHint } from './hint-operators.js';
import type { Disk } from './inventory/inventory.js';
import { chooseRootDisk } from './root-device.js';

const gib = 1024 ** 3;
const disk = (name: string, sizeGb: number, rest: Partial<Disk> = {}): Disk => ({
  name: `/dev/${name}`,
  model: 'Plain disk',
  size: sizeGb * gib,
  rotational: true,
  wwn: null,
  serial: null,
  vendor: null,
  wwn_with_extension: null,
  wwn_vendor_extension: null,
  hctl: null,
  by_path: null,
  logical_sectors: 512,
  physical_sectors: 512,
  tran: null,
  ...rest,
});

describe('a hint', () => {
  it.each([
    ['Fast Disk', 'fast disk', true],
    ['Fast Disk', 'fast', false],
    ['Fast Disk', '<in> fast', true],
    ['Fast Disk', '<all-in> disk fast', true],
    ['Fast Disk', '<all-in> disk slow', false],
    ['Fast Disk', '<or> slow disk <or> fast disk', true],
    ['Fast Disk', '<or> slow disk <or> slower disk', false],
    ['abc', 's== abc', true],
    ['abc', 's!= abc', false],
    ['abc', 's< abd', true],
    ['abc', 's<= abc', true],
    ['abc', 's> abb', true],
    ['abc', 's>= abd', false],
    [100, '100', true],
    [100, 100, true],
    [100, '= 60', true],
    [100, '= 101', false],
    [100, '== 100', true],
    [100, '!= 100', false],
    [100, '>= 100', true],
    [100, '<= 99', false],
    [100, '<or> 50 <or> 100', true],
  ])('%j is matched by %j: %s', (actual, hint, expected) => {
    expect(matchesHint(actual, hint)).toBe(expected);
  });
});

describe('the disk to install to', () => {
  const disks = [
    disk('sda', 2),
    disk('sdb', 500, { model: 'Big disk', serial: 'S1', hctl: '1:0:0:0' }),
    disk('sdc', 100, { wwn: '0x5000', rotational: false }),
    disk('sdd', 200, { vendor: 'ACME' }),
  ];
  const choose = async (hints?: object, more: object = {}): Promise<string> =>
    (await chooseRootDisk(disks, { properties: { ...(hints && { root_device: hints }), ...more } })).name;

  it('is the smallest from 4 GiB up', async () => {
    expect(await choose()).toBe('/dev/sdc');
  });
  it('is none that the node keeps from us', async () => {
    expect(await choose(undefined, { skip_block_devices: [{ rotational: false }] })).toBe('/dev/sdd');
  });
  it.each([
    [{ size: '>= 300' }, '/dev/sdb'],
    [{ size: 200 }, '/dev/sdd'],
    [{ size: 2 }, '/dev/sda'],
    [{ name: '/dev/sdd' }, '/dev/sdd'],
    [{ rotational: 'false' }, '/dev/sdc'],
    [{ wwn: 's== 0x5000' }, '/dev/sdc'],
    [{ vendor: '<in> acm', size: '<= 200' }, '/dev/sdd'],
    [{ model: 'big%20disk' }, '/dev/sdb'],
    [{ hctl: '1:0:0:0' }, '/dev/sdb'],
  ])('is the one that %j hints at', async (hints, name) => {
    expect(await choose(hints)).toBe(name);
  });
  it("goes by the instance's hints before the node's", async () => {
    const node = { properties: { root_device: { serial: 'S1' } }, instance_info: { root_device: { vendor: 'acme' } } };
    expect((await chooseRootDisk(disks, node)).name).toBe('/dev/sdd');
  });
  it('is none when nothing matches', async () => {
    await expect(choose({ serial: 'nosuch' })).rejects.toMatchObject({
      type: 'DeviceNotFound',
      details: expect.stringContaining('"serial":"nosuch"'),
    });
  });
});
