import { describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { aNode } from '../../contracts/an-effect.js';
import { configDriveFor } from './config-drive.js';

const SECTOR = 2048;

/** Files of an image by the names that its Joliet volume has, read as a kernel would: from the descriptor down. */
const filesOf = (image: Buffer): Record<string, string> => {
  const descriptor = image.subarray(17 * SECTOR);
  expect(descriptor.subarray(0, 6).toString('latin1')).toBe('\x02CD001');
  const files: Record<string, string> = {};
  const read = (record: Buffer, path: string) => {
    const [first, sizeBytes] = [record.readUInt32LE(2), record.readUInt32LE(10)];
    expect([record.readUInt32BE(6), record.readUInt32BE(14)]).toEqual([first, sizeBytes]);
    const content = image.subarray(first * SECTOR, first * SECTOR + sizeBytes);
    if ((record[25]! & 2) === 0) files[path] = content.toString('utf8');
    else
      for (let at = 0; at < content.length;) {
        const length = content[at]!;
        const entry = content.subarray(at, at + length);
        if (length === 0) at = Math.ceil((at + 1) / SECTOR) * SECTOR;
        else at += length;
        if (length === 0 || entry[32] === 1) continue;
        const name = Buffer.from(entry.subarray(33, 33 + entry[32]!))
          .swap16()
          .toString('utf16le');
        read(entry, path ? `${path}/${name}` : name);
      }
  };
  read(descriptor.subarray(156, 190), '');
  return files;
};

const image = (drive: string | null) => gunzipSync(Buffer.from(drive!, 'base64'));

describe('A config drive', () => {
  const node = aNode({}, { name: 'one' });

  it('is built of what a client gives as an object', () => {
    const drive = configDriveFor(
      {
        meta_data: { public_keys: { mykey: 'ssh-ed25519 AAAA' } },
        network_data: { links: [] },
        user_data: '#cloud-config\n',
        vendor_data: { a: 1 },
      },
      node,
    );
    const files = filesOf(image(drive));
    expect(Object.keys(files).sort()).toEqual([
      'openstack/latest/meta_data.json',
      'openstack/latest/network_data.json',
      'openstack/latest/user_data',
      'openstack/latest/vendor_data2.json',
    ]);
    expect(JSON.parse(files['openstack/latest/meta_data.json']!)).toMatchObject({
      uuid: node.uuid,
      name: 'one',
      public_keys: { mykey: 'ssh-ed25519 AAAA' },
    });
    expect(files['openstack/latest/user_data']).toBe('#cloud-config\n');
  });

  it('has the label that cloud-init looks for, in both its volumes', () => {
    const bytes = image(configDriveFor({ meta_data: {} }, node));
    expect(bytes.subarray(16 * SECTOR + 40, 16 * SECTOR + 48).toString('latin1')).toBe('config-2');
    expect(bytes.length % SECTOR).toBe(0);
    expect(bytes.readUInt32LE(16 * SECTOR + 80) * SECTOR).toBe(bytes.length);
  });

  it('is the same text for the same data', () => {
    const given = { meta_data: { a: 1 }, user_data: { b: 2 } };
    expect(configDriveFor(given, node)).toBe(configDriveFor(given, node));
  });

  it('goes on as it is where a client built it, or says where it lies', () => {
    expect(configDriveFor('H4sIAAAA', node)).toBe('H4sIAAAA');
    expect(configDriveFor('http://h/drive', node)).toBe('http://h/drive');
    expect(configDriveFor(undefined, node)).toBeNull();
  });
});
