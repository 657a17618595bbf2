import { hash } from 'node:crypto';

/** A UUID of version 5 (RFC 9562 section 5.5): the same names give the same id, everywhere. */
export const uuidV5 = (namespace: string, name: string): string => {
  const bytes = hash(
    'sha1',
    Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name)]),
    'buffer',
  );
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Namespace of the ids that Ferrolog derives. */
const FERROLOG = '7d1f4a0e-6a0b-5c3e-9a55-0b7c6d1b2f10';

/** The id of a request that names itself by a key: the same key of the same caller is the same command. */
export const keyedCommandId = (caller: string, key: string): string => uuidV5(FERROLOG, `command/${caller}/${key}`);

/** Design decision 3: a repeated append carries the same ids, another decision other ones. */
export const eventId = (commandId: string, stream: string, revision: number, type: string, data: string): string =>
  uuidV5(commandId, `${stream}/${revision}/${type}/${data}`);
