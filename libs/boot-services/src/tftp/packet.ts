/** Packets of TFTP (RFC 1350, 5; options: RFC 2347). */
export const opcode = { read: 1, write: 2, data: 3, ack: 4, error: 5, optionAck: 6 } as const;

export const errorCode = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
  optionsRefused: 8,
} as const;

export interface ReadRequest {
  readonly path: string;
  /** Lower case: octet, netascii, mail. */
  readonly mode: string;
  /** Names in lower case; values as they came. */
  readonly options: ReadonlyMap<string, string>;
}

/** Nothing where the packet is no read request. */
export const parseReadRequest = (packet: Buffer): ReadRequest | undefined => {
  if (packet.length < 4 || packet.readUInt16BE(0) !== opcode.read || packet.at(-1) !== 0) return undefined;
  const [path, mode, ...rest] = packet.toString('latin1', 2, packet.length - 1).split('\0');
  if (!path || !mode) return undefined;
  const options = new Map<string, string>();
  for (let at = 0; at + 1 < rest.length; at += 2) options.set(rest[at]!.toLowerCase(), rest[at + 1]!);
  return { path, mode: mode.toLowerCase(), options };
};

export const opcodeOf = (packet: Buffer): number | undefined =>
  packet.length < 2 ? undefined : packet.readUInt16BE(0);

/** The block that an acknowledgement names, 0 to 65535. */
export const parseAck = (packet: Buffer): number | undefined =>
  packet.length >= 4 && opcodeOf(packet) === opcode.ack ? packet.readUInt16BE(2) : undefined;

/** @param block from 1 on; after 65535 comes 0 */
export const dataPacket = (block: number, bytes: Buffer): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(opcode.data, 0);
  header.writeUInt16BE(block & 0xffff, 2);
  return Buffer.concat([header, bytes]);
};

export const optionAckPacket = (options: ReadonlyMap<string, string>): Buffer =>
  Buffer.concat([
    Buffer.from([0, opcode.optionAck]),
    Buffer.from([...options].map(([name, value]) => `${name}\0${value}\0`).join(''), 'latin1'),
  ]);

export const errorPacket = (code: number, message: string): Buffer =>
  Buffer.concat([Buffer.from([0, opcode.error, 0, code]), Buffer.from(`${message}\0`, 'latin1')]);
