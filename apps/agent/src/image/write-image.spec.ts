import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Hardware } from '../hardware/hardware.js';
import type { AgentProblem } from '../problem.js';
import { gib, mib, testHardware, testMachine, testServer, type TestMachine, type TestServer } from '../test-bench.js';
import { addPartitionAtEnd, readPartitionTable } from './partition-table/partition-table.js';
import { newGpt, partitionTypes, readGpt, writeGpt } from './partition-table/gpt.js';
import { newMbr, writeMbr } from './partition-table/mbr.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A disk image of 8 MiB with one partition, full of what can be told apart. */
const diskImage = async (folder: string, label: 'gpt' | 'msdos' = 'gpt'): Promise<Buffer> => {
  const path = join(folder, `image.${label}`);
  await writeFile(path, randomBytes(8 * mib));
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(34 * 512), 0, 34 * 512, 0);
  if (label === 'gpt') {
    const guid = '0a1b2c3d-1111-4222-8333-444455556666';
    const root = {
      number: 1,
      typeGuid: partitionTypes.linuxData,
      guid,
      firstLba: 2048,
      lastLba: 8191,
      attributes: 0n,
      name: 'root',
    };
    await writeGpt(file, { ...newGpt(), partitions: [root] }, 8 * mib);
  } else {
    await writeMbr(file, {
      ...newMbr(),
      diskId: 0xdeadbeef,
      partitions: [{ number: 1, type: 0x83, active: true, firstLba: 2048, sectors: 4096 }],
    });
  }
  await file.close();
  return readFile(path);
};

/** A qcow2 of the given clusters of 64 KiB: `null` is a hole; `packed` ones are compressed. Version 3. */
const qcow2 = (clusters: readonly (Buffer | null)[], packed: boolean, sizeBytes = clusters.length * 65_536): Buffer => {
  const cluster = 65_536;
  const header = Buffer.alloc(cluster);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(BigInt(sizeBytes), 24);
  header.writeUInt32BE(1, 36);
  header.writeBigUInt64BE(BigInt(cluster), 40);
  header.writeUInt32BE(104, 100);
  const l1 = Buffer.alloc(cluster);
  l1.writeBigUInt64BE(BigInt(2 * cluster) | (1n << 63n), 0);
  const l2 = Buffer.alloc(cluster);
  const data: Buffer[] = [];
  let at = 3 * cluster;
  for (const [index, bytes] of clusters.entries()) {
    if (!bytes) continue;
    const stored = packed ? deflateRawSync(bytes) : bytes;
    const sectors = Math.ceil(((at % 512) + stored.length) / 512);
    const entry = packed ? (1n << 62n) | (BigInt(sectors - 1) << 54n) | BigInt(at) : BigInt(at) | (1n << 63n);
    l2.writeBigUInt64BE(entry, index * 8);
    data.push(stored);
    at += stored.length;
  }
  return Buffer.concat([header, l1, l2, ...data]);
};

describe('write_image', () => {
  let machine: TestMachine;
  let hardware: Hardware;
  let server: TestServer;
  let files: Record<string, Buffer>;
  let device: string;

  beforeEach(async () => {
    machine = await testMachine({ vda: 5 * gib });
    hardware = await testHardware(machine);
    device = join(machine.roots.dev, 'vda');
    files = {};
    server = await testServer((request, response) => serve(request, response));
  });
  afterEach(async () => {
    await server.close();
    await machine.remove();
  });

  let serve: (request: IncomingMessage, response: ServerResponse) => void;
  beforeEach(() => {
    serve = (request, response) => {
      const file = files[request.url!];
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (!file) return void response.writeHead(404).end();
      response.writeHead(from > 0 ? 206 : 200, {
        ETag: '"one"',
        'Content-Length': file.length - from,
        ...(from > 0 && { 'Content-Range': `bytes ${from}-${file.length - 1}/${file.length}` }),
      });
      response.end(file.subarray(from));
    };
  });

  const write = (name: string, more: object = {}, args: object = {}) =>
    hardware.dispatch('write_image', {
      node: {},
      args: {
        image_info: {
          id: 'rig-image',
          urls: [server.url + name],
          disk_format: 'raw',
          os_hash_algo: 'sha256',
          os_hash_value: sha256(files[name] ?? Buffer.alloc(0)),
          ...more,
        },
        ...args,
      },
    });
  const failure = async (work: Promise<unknown>): Promise<AgentProblem> =>
    work.then(
      () => {
        throw new Error('it succeeded');
      },
      (error: AgentProblem) => error,
    );
  const read = async (position: number, length: number): Promise<Buffer> => {
    const disk = await open(device, 'r');
    const buffer = Buffer.alloc(length);
    await disk.read(buffer, 0, length, position);
    await disk.close();
    return buffer;
  };
  const table = async () => {
    const disk = await open(device, 'r');
    const found = await readPartitionTable(disk);
    await disk.close();
    return found;
  };
  /** Nothing starts from it: neither a boot record nor either copy of a partition table. */
  const startsNothing = async (): Promise<boolean> =>
    (await read(0, mib)).every(byte => byte === 0) && (await read(5 * gib - mib, mib)).every(byte => byte === 0);

  it('writes a raw image, and moves the backup of its partition table to the end of the disk', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    expect(await write('/user.raw')).toEqual({
      result: expect.stringMatching(
        new RegExp(`^prepare_image: image \\(rig-image\\) written to device ${device} root_uuid=[0-9a-f-]{36}$`),
      ),
    });
    expect((await read(mib, 3 * mib)).equals(files['/user.raw'].subarray(mib, 4 * mib))).toBe(true);
    expect((await table())!.partitions).toMatchObject([
      { number: 1, startBytes: mib, sizeBytes: 3 * mib, name: 'root' },
    ]);
    expect((await read(5 * gib - 512, 8)).toString()).toBe('EFI PART');
    expect(await hardware.dispatch('get_partition_uuids')).toEqual({ 'root uuid': (await table())!.diskId });
  });

  it.each([
    [
      'sha512',
      (bytes: Buffer) => ({ os_hash_algo: 'sha512', os_hash_value: createHash('sha512').update(bytes).digest('hex') }),
    ],
    [
      'a plain checksum',
      (bytes: Buffer) => ({ os_hash_algo: undefined, os_hash_value: undefined, checksum: sha256(bytes) }),
    ],
  ])('verifies by %s', async (_, hashes) => {
    files['/user.raw'] = await diskImage(machine.folder, 'msdos');
    await write('/user.raw', hashes(files['/user.raw']));
    expect((await table())!.diskId).toBe('0xdeadbeef');
  });

  it('finds the checksum in a file of checksums', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    files['/SHA256SUMS'] = Buffer.from(`${'0'.repeat(64)}  other.raw\n${sha256(files['/user.raw'])} *user.raw\n`);
    await write('/user.raw', {
      os_hash_value: undefined,
      os_hash_algo: undefined,
      checksum: `${server.url}/SHA256SUMS`,
    });
    expect(await table()).toBeDefined();
  });

  it('takes MD5 only where the API allows it', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    const md5 = {
      os_hash_value: undefined,
      os_hash_algo: undefined,
      checksum: createHash('md5').update(files['/user.raw']).digest('hex'),
    };
    await expect(write('/user.raw', md5)).rejects.toThrow(/MD5 is not allowed/);
    hardware = await testHardware(machine, { config: { agent_md5_checksum_enable: true } });
    await write('/user.raw', md5);
    expect(await table()).toBeDefined();
  });

  it('leaves nothing that starts when the checksum is wrong', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    await write('/user.raw');
    const problem = await failure(write('/user.raw', { os_hash_value: '0'.repeat(64) }));
    expect(problem).toMatchObject({ type: 'ImageChecksumError', code: 500, message: 'Error verifying image checksum' });
    expect(problem.details).toContain(`image checksum: ${'0'.repeat(64)}`);
    expect(problem.details).toContain(sha256(files['/user.raw']));
    expect(await startsNothing()).toBe(true);
  });

  it('leaves nothing that starts while the image is still coming', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    await write('/user.raw');
    let seen: boolean | undefined;
    serve = (_request, response) => {
      const file = files['/user.raw']!;
      response.writeHead(200, { 'Content-Length': file.length });
      response.write(file.subarray(0, 6 * mib));
      const looks = async (): Promise<void> => {
        while ((await read(5 * mib, 16)).equals(old)) await new Promise(resolve => setImmediate(resolve));
        seen = await startsNothing();
        response.end(file.subarray(6 * mib));
      };
      const old = Buffer.alloc(16, 7);
      void open(device, 'r+').then(async disk => {
        await disk.write(old, 0, 16, 5 * mib);
        await disk.close();
        await looks();
      });
    };
    await write('/user.raw');
    expect(seen).toBe(true);
  });

  it('goes on where a server died, as often as it must', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    const whole = serve;
    const cuts = [2 * mib, 5 * mib, 5 * mib + 1];
    serve = (request, response) => {
      const cut = cuts.shift();
      if (cut === undefined) return whole(request, response);
      const file = files['/user.raw']!;
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        ETag: '"one"',
        'Content-Length': file.length - from,
        ...(from > 0 && { 'Content-Range': `bytes ${from}-${file.length - 1}/${file.length}` }),
      });
      response.write(file.subarray(from, cut), () => request.socket.destroySoon());
    };
    await write('/user.raw');
    expect(server.requests.map(one => one.headers['if-range'])).toEqual([undefined, '"one"', '"one"', '"one"']);
    expect((await read(4 * mib, 3 * mib)).equals(files['/user.raw'].subarray(4 * mib, 7 * mib))).toBe(true);
  });

  it('starts again when the server has another file now', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    let first = true;
    const whole = serve;
    serve = (request, response) => {
      if (request.headers.range) return void response.writeHead(200, { ETag: '"two"' }).end(files['/user.raw']);
      if (!first) return whole(request, response);
      first = false;
      response.writeHead(200, { ETag: '"old"', 'Content-Length': 8 * mib });
      response.write(randomBytes(mib), () => request.socket.destroySoon());
    };
    await write('/user.raw');
    expect((await read(2 * mib, mib)).equals(files['/user.raw'].subarray(2 * mib, 3 * mib))).toBe(true);
  });

  it('gives up on a server that stays away', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    serve = (_request, response) => void response.writeHead(503).end();
    const problem = await failure(write('/user.raw'));
    expect(problem).toMatchObject({ type: 'ImageDownloadError', message: 'Error downloading image' });
    expect(server.requests).toHaveLength(4);
  });

  it('does not ask twice for what is not there, and takes the next address', async () => {
    const problem = await failure(write('/gone'));
    expect(problem.type).toBe('ImageDownloadFatalError');
    expect(problem.details).toContain(`Received status code 404 from ${server.url}/gone, expected 200.`);
    expect(server.requests).toHaveLength(1);
    files['/user.raw'] = await diskImage(machine.folder);
    await write('/user.raw', { urls: [`${server.url}/gone`, `${server.url}/user.raw`] });
    expect(await table()).toBeDefined();
  });

  it('refuses an image that the disk has no room for before it touches the disk', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    await write('/user.raw');
    const before = await table();
    serve = (_request, response) => {
      response.writeHead(200, { 'Content-Length': 6 * gib });
      response.write(Buffer.alloc(65_536));
    };
    const problem = await failure(write('/user.raw'));
    expect(problem).toMatchObject({ type: 'ImageWriteError', details: expect.stringContaining('too small') });
    expect(await table()).toEqual(before);
  });

  it.each([
    ['gzip', '/user.raw.gz', gzipSync],
    ['zstd', '/user.raw.zst', zstdCompressSync],
  ])('unpacks %s on the way', async (_, name, pack) => {
    const image = await diskImage(machine.folder);
    files[name] = pack(image);
    await write(name);
    expect((await read(mib, 3 * mib)).equals(image.subarray(mib, 4 * mib))).toBe(true);
  });

  it.each([
    ['as it is', false],
    ['packed', true],
  ])('writes the disk inside a qcow2, %s, and zeros where it has none', async (_, packed) => {
    const image = await diskImage(machine.folder);
    const clusters: (Buffer | null)[] = Array.from({ length: 128 }, (_unused, index) =>
      image.subarray(index * 65_536, (index + 1) * 65_536),
    );
    clusters[40] = null;
    files['/user.qcow2'] = qcow2(clusters, packed);
    const old = await open(device, 'r+');
    await old.write(Buffer.alloc(65_536, 1), 0, 65_536, 40 * 65_536);
    await old.close();
    await write('/user.qcow2', { disk_format: 'qcow2' });
    expect((await read(mib, mib)).equals(image.subarray(mib, 2 * mib))).toBe(true);
    expect((await read(40 * 65_536, 65_536)).every(byte => byte === 0)).toBe(true);
    expect((await read(41 * 65_536, 65_536)).equals(clusters[41]!)).toBe(true);
  });

  it('refuses images that are not what they are said to be', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    files['/user.qcow2'] = qcow2([randomBytes(65_536)], false);
    expect(await failure(write('/user.raw', { disk_format: 'qcow2' }))).toMatchObject({
      type: 'InvalidImage',
      details: 'Security: Expected format was qcow2, but image was actually raw',
    });
    expect(await failure(write('/user.qcow2'))).toMatchObject({
      type: 'InvalidImage',
      details: 'Security: Expected format was raw, but image was actually qcow2',
    });
    hardware = await testHardware(machine, { config: { permitted_image_formats: ['raw'] } });
    expect(await failure(write('/user.qcow2', { disk_format: 'qcow2' }))).toMatchObject({ type: 'InvalidImage' });
  });

  it('refuses a qcow2 that names another file, or is bigger than the disk', async () => {
    const backed = qcow2([randomBytes(65_536)], false);
    backed.writeBigUInt64BE(512n, 8);
    files['/user.qcow2'] = backed;
    expect(await failure(write('/user.qcow2', { disk_format: 'qcow2' }))).toMatchObject({
      details: expect.stringContaining('backing file'),
    });
    files['/big.qcow2'] = qcow2([null], false, 512 * mib);
    const small = await testMachine({ vda: 256 * mib });
    const hints = { properties: { root_device: { size: '<= 1' } } };
    const image = {
      id: 'big',
      urls: [`${server.url}/big.qcow2`],
      disk_format: 'qcow2',
      checksum: sha256(files['/big.qcow2']),
    };
    const work = (await testHardware(small)).dispatch('write_image', { node: hints, args: { image_info: image } });
    expect(await failure(work)).toMatchObject({
      type: 'ImageWriteError',
      details: expect.stringContaining('too small'),
    });
    await small.remove();
  });

  it('puts the backup of a table of 4096-byte sectors where such a disk ends', async () => {
    const path = join(machine.folder, '4kn');
    await writeFile(path, Buffer.alloc(8 * mib));
    const file = await open(path, 'r+');
    const guid = '0a1b2c3d-1111-4222-8333-444455556666';
    const root = {
      number: 1,
      typeGuid: partitionTypes.linuxData,
      guid,
      firstLba: 256,
      lastLba: 511,
      attributes: 0n,
      name: 'root',
    };
    await writeGpt(file, { ...newGpt(4096), partitions: [root] }, 8 * mib);
    await file.close();
    files['/4kn.raw'] = await readFile(path);
    await write('/4kn.raw');
    expect((await table())!.partitions).toMatchObject([{ startBytes: mib, sizeBytes: mib }]);
    expect((await read(5 * gib - 4096, 8)).toString()).toBe('EFI PART');
  });

  it('asks through a proxy, but not for the hosts that need none', async () => {
    files['/user.raw'] = await diskImage(machine.folder);
    const proxy = await testServer((_request, response) => void response.end(files['/user.raw']));
    const proxies = { http: proxy.url };
    await write('/user.raw', { urls: ['http://images.example/user.raw'], proxies });
    expect(proxy.requests.map(one => [one.url, one.headers.host])).toEqual([
      ['http://images.example/user.raw', 'images.example'],
    ]);
    await write('/user.raw', { proxies, no_proxy: 'other.example,127.0.0.1' });
    expect(proxy.requests).toHaveLength(1);
    await proxy.close();
  });

  it('refuses an image without partitions', async () => {
    files['/noise.raw'] = Buffer.alloc(2 * mib, 1);
    expect(await failure(write('/noise.raw'))).toMatchObject({ type: 'DeploymentError' });
  });

  describe('with a config drive', () => {
    const drive = Buffer.alloc(400 * 1024, 'config ');
    it.each(['gpt', 'msdos'] as const)('puts it into a partition at the end of a %s disk', async label => {
      files['/user.raw'] = await diskImage(machine.folder, label);
      await write('/user.raw', {}, { configdrive: gzipSync(drive).toString('base64') });
      const { partitions } = (await table())!;
      expect(partitions).toHaveLength(2);
      const added = partitions[1]!;
      expect(added.startBytes + added.sizeBytes).toBeGreaterThan(5 * gib - 3 * mib);
      expect((await read(added.startBytes, drive.length)).equals(drive)).toBe(true);
      if (label === 'gpt') expect(added.name).toBe('config-2');
    });

    it('writes it into the partition that the image has for it', async () => {
      const path = join(machine.folder, 'with-drive');
      await writeFile(path, await diskImage(machine.folder));
      const file = await open(path, 'r+');
      const own = await addPartitionAtEnd(file, 8 * mib, mib, 'config-2');
      await file.close();
      files['/user.raw'] = await readFile(path);
      files['/drive'] = Buffer.from(gzipSync(drive).toString('base64'));
      await write('/user.raw', {}, { configdrive: `${server.url}/drive` });
      expect((await table())!.partitions).toHaveLength(2);
      expect((await read(own.startBytes, drive.length)).equals(drive)).toBe(true);
    });

    it('does not cost the disk when it cannot be read', async () => {
      files['/user.raw'] = await diskImage(machine.folder);
      await write('/user.raw');
      const before = await table();
      const problem = await failure(write('/user.raw', {}, { configdrive: `${server.url}/gone` }));
      expect(problem.type).toBe('ConfigDriveWriteError');
      expect(await table()).toEqual(before);
    });
  });

  it('writes a partition image into a table of its own, with room for swap and the firmware', async () => {
    await machine.remove();
    const made: string[] = [];
    const maker = (name: string) => (args: readonly string[]) => (made.push([name, ...args].join(' ')), '');
    machine = await testMachine({ vda: 5 * gib }, { 'mkfs.vfat': maker('mkfs.vfat'), mkswap: maker('mkswap') });
    for (const number of [1, 2]) await writeFile(join(machine.roots.dev, `vda${number}`), '');
    hardware = await testHardware(machine);
    device = join(machine.roots.dev, 'vda');
    const root = Buffer.alloc(4 * mib, 3);
    root.writeUInt16LE(0xef53, 1024 + 0x38);
    Buffer.from('0123456789abcdef0123456789abcdef', 'hex').copy(root, 1024 + 0x68);
    files['/root.img'] = root;
    const partition = { image_type: 'partition', root_mb: 1024, swap_mb: 256, deploy_boot_mode: 'uefi' };
    await write('/root.img', partition, { configdrive: gzipSync(Buffer.alloc(1000, 'x')).toString('base64') });
    const disk = await open(device, 'r');
    const gpt = (await readGpt(disk))!;
    await disk.close();
    expect(gpt.partitions.map(one => [one.number, one.name, (one.lastLba - one.firstLba + 1) / 2048])).toEqual([
      [1, 'efi', 550],
      [2, 'swap', 256],
      [3, 'root', 1024],
      [4, 'config-2', 1],
    ]);
    expect((await read(gpt.partitions[2]!.firstLba * 512, root.length)).equals(root)).toBe(true);
    expect(made).toEqual([`mkfs.vfat -n efi-part ${device}1`, `mkswap -L swap1 ${device}2`]);
    expect(await hardware.dispatch('get_partition_uuids')).toMatchObject({
      'root uuid': '01234567-89ab-cdef-0123-456789abcdef',
      partitions: { root: `${device}3` },
    });
  });
});
