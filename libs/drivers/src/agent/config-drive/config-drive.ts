import { gzipSync } from 'node:zlib';
import type { Bag, Node } from '#domain';
import type { IsoFile } from './iso9660.js';
import { isoImage } from './iso9660.js';

/**
 * A config drive as agents take it: base64 of a gzipped ISO 9660 image with the label config-2, or the URL of one
 * (Ironic, deployment). What a client gives as an object is built here; a text goes on as it is.
 */
export const configDriveFor = (given: unknown, node: Pick<Node, 'uuid' | 'attributes'>): string | null => {
  if (given === undefined || given === null || given === '') return null;
  if (typeof given === 'string') return given;
  const { meta_data: meta, network_data: network, user_data: user, vendor_data: vendor } = given as Bag;
  const { name } = node.attributes;
  const metaData = { uuid: node.uuid, ...(name !== null && { name, hostname: name }), ...objectOf(meta) };
  const files: IsoFile[] = [
    json('meta_data.json', metaData),
    ...(network === undefined || network === null ? [] : [json('network_data.json', network)]),
    ...(user === undefined || user === null ? [] : [file('user_data', textOf(user))]),
    ...(vendor === undefined || vendor === null ? [] : [json('vendor_data2.json', vendor)]),
  ];
  // A header without a time: the same drive is the same text.
  return gzipSync(isoImage('config-2', files), { level: 9 }).toString('base64');
};

const file = (name: string, text: string): IsoFile => ({
  path: `openstack/latest/${name}`,
  content: Buffer.from(text, 'utf8'),
});
const json = (name: string, value: unknown): IsoFile =>
  file(name, typeof value === 'string' ? value : JSON.stringify(value));
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Clients give metadata as an object, or as the JSON text of one. */
const objectOf = (value: unknown): Bag => {
  if (typeof value === 'object' && value !== null) return value as Bag;
  if (typeof value !== 'string') return {};
  try {
    return JSON.parse(value) as Bag;
  } catch {
    return {};
  }
};
