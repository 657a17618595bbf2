import type { Bag, BlobReference, Node } from '#domain';
import { isSealed } from '#domain';

/** Content of a blob that holds JSON. */
export type ReadBlob = (hash: string) => Uint8Array;

const isBlob = (value: unknown): value is BlobReference =>
  typeof value === 'object' && value !== null && typeof (value as BlobReference).$blob === 'string' && !isSealed(value);

const fieldsWithBags = ['driver_info', 'extra', 'instance_info', 'network_data', 'properties'] as const;

/** The node with what was too big for its events back in its place: rows show contents, not references. */
export const withBlobs = (node: Node, read: ReadBlob): Node => {
  let attributes: Record<string, unknown> | undefined;
  for (const field of fieldsWithBags) {
    const bag = node.attributes[field];
    if (!holdsBlob(bag)) continue;
    attributes ??= { ...node.attributes };
    attributes[field] = resolved(bag, read);
  }
  return attributes ? { ...node, attributes: attributes as unknown as Node['attributes'] } : node;
};

/**
 * Reads the blobs of a node that rows will ask for, from a store that has to be waited for. Blobs may refer to blobs.
 * What is known already is not read again.
 */
export const readBlobsOf = async (
  node: Node,
  get: (hash: string) => Promise<Uint8Array>,
  known = new Map<string, Uint8Array>(),
): Promise<ReadBlob> => {
  for (;;) {
    const wanted = new Set<string>();
    withBlobs(node, hash => known.get(hash) ?? (wanted.add(hash), NOT_THERE_YET));
    if (wanted.size === 0) return hash => known.get(hash)!;
    for (const hash of wanted) known.set(hash, await get(hash));
  }
};

const NOT_THERE_YET = Buffer.from('{}');

const holdsBlob = (bag: Bag): boolean => {
  if (isBlob(bag)) return true;
  for (const name in bag) if (isBlob(bag[name])) return true;
  return false;
};

const resolved = (bag: Bag, read: ReadBlob): Bag => {
  const content = isBlob(bag) ? (parse(bag, read) as Bag) : bag;
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, isBlob(value) ? parse(value, read) : value]),
  );
};

const parse = ({ $blob }: BlobReference, read: ReadBlob): unknown =>
  JSON.parse(Buffer.from(read($blob)).toString()) as unknown;
