import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha512Crypt } from '../extensions/rescue.js';
import { gib, mib, testHardware, testMachine, testServer, type TestMachine } from '../test-bench.js';
import { selfSignedCertificate } from '../tls/self-signed-certificate.js';
import { newGpt, partitionTypes, writeGpt } from './partition-table/gpt.js';
import { openQcow2 } from './qcow2.js';

// What the agent writes by itself, read by programs that others wrote. One that this machine lacks skips its test.

const path = `${process.env.PATH}:/usr/sbin:/sbin`;
const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { status, text: `${stdout}${stderr}` };
};
const having = (program: string) =>
  spawnSync(program, ['--version'], { env: { ...process.env, PATH: path } }).error ? it.skip : it;

describe('a disk with an image and a config drive', () => {
  let machine: TestMachine;
  let device: string;

  beforeEach(async () => {
    machine = await testMachine({ vda: 5 * gib });
    device = join(machine.roots.dev, 'vda');
    const image = join(machine.folder, 'image');
    await writeFile(image, Buffer.alloc(8 * mib));
    const file = await open(image, 'r+');
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
    await file.close();
    const bytes = await readFile(image);
    const server = await testServer((_request, response) => void response.end(bytes));
    const drive = Buffer.alloc(100 * 1024);
    drive.write('\x01CD001\x01\0', 32_768, 'latin1');
    drive.write('config-2'.padEnd(32), 32_768 + 40, 'latin1');
    drive.write('\xffCD001\x01', 34_816, 'latin1');
    const value = createHash('sha256').update(bytes).digest('hex');
    const info = { id: 'i', urls: [`${server.url}/i`], disk_format: 'raw', checksum: value };
    const args = { image_info: info, configdrive: gzipSync(drive).toString('base64') };
    await (await testHardware(machine)).dispatch('write_image', { node: {}, args });
    await server.close();
  });
  afterEach(() => machine.remove());

  having('sgdisk')('is right in all that sgdisk verifies', () => {
    const { status, text } = run('sgdisk', '--verify', device);
    expect([status, text]).toEqual([0, expect.stringContaining('No problems found')]);
  });

  having('sfdisk')('has the partitions that sfdisk lists', () => {
    const { partitiontable: table } = JSON.parse(run('sfdisk', '--json', device).text) as {
      partitiontable: { label: string; lastlba: number; partitions: { name: string; start: number; size: number }[] };
    };
    expect(table.label).toBe('gpt');
    expect(table.lastlba).toBe((5 * gib) / 512 - 34);
    expect(table.partitions).toMatchObject([
      { name: 'root', start: 2048, size: 6144 },
      { name: 'config-2', size: 2048 },
    ]);
  });

  having('partx')('has the partitions that partx finds, and a config drive that blkid knows by its label', () => {
    const lines = run('partx', '--show', '--noheadings', '--output', 'NR,START,SECTORS,NAME', device)
      .text.trim()
      .split('\n');
    expect(lines.map(line => line.trim().split(/\s+/))).toEqual([
      ['1', '2048', '6144', 'root'],
      ['2', expect.any(String), '2048', 'config-2'],
    ]);
    const offset = Number(lines[1]!.trim().split(/\s+/)[1]) * 512;
    const probed = run('blkid', '-p', '-O', String(offset), '-S', String(mib), '-o', 'export', device).text;
    expect(probed).toContain('LABEL=config-2');
    expect(probed).toContain('TYPE=iso9660');
  });
});

describe('what others check', () => {
  let machine: TestMachine;
  beforeEach(async () => void (machine = await testMachine({})));
  afterEach(() => machine.remove());

  having('openssl').each(['192.0.2.9', '2001:db8::9', '::ffff:192.0.2.9', 'agent.example'])(
    'openssl verifies the certificate for %s',
    async host => {
      const file = join(machine.folder, 'agent.crt');
      await writeFile(file, selfSignedCertificate(host, 'ferrolog-agent', new Date()).certificatePem);
      const check = /^[\d.]+$|:/.test(host) ? '-verify_ip' : '-verify_hostname';
      const verified = run('openssl', 'verify', '-x509_strict', check, host, '-CAfile', file, file);
      expect(verified).toEqual({ status: 0, text: `${file}: OK\n` });
      const text = run('openssl', 'x509', '-in', file, '-noout', '-text').text;
      expect(text).toContain('ecdsa-with-SHA512');
      expect(text).toContain('secp384r1');
      expect(run('openssl', 'verify', check, '192.0.2.99', '-CAfile', file, file).status).not.toBe(0);
    },
  );

  having('openssl').each([
    'secret',
    'a password that is far longer than the sixty-four bytes that a digest of SHA-512 has',
    'ü',
  ])('openssl hashes the rescue password %j alike', password => {
    expect(run('openssl', 'passwd', '-6', '-salt', 'saltsaltsaltsalt', password).text.trim()).toBe(
      sha512Crypt(password, 'saltsaltsaltsalt'),
    );
  });

  having('qemu-img').each(['-c', '-c -o compression_type=zstd', '-o cluster_size=4096', '-o compat=0.10'])(
    'a qcow2 of qemu-img convert %s reads as the disk it was made of',
    async options => {
      const raw = join(machine.folder, 'raw');
      const content = Buffer.concat([randomBytes(mib), Buffer.alloc(3 * mib), Buffer.alloc(mib + 512, 'text ')]);
      await writeFile(raw, content);
      const image = join(machine.folder, 'image.qcow2');
      expect(run('qemu-img', 'convert', '-O', 'qcow2', ...options.split(' '), raw, image).status).toBe(0);
      const file = await open(image, 'r');
      const pieces: Buffer[] = [];
      const qcow2 = await openQcow2(file);
      for await (const piece of qcow2.clusters()) pieces.push(piece);
      await file.close();
      expect(qcow2.sizeBytes).toBe(content.length);
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
    },
  );
});
