import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';

/** Slave address of the BMC, and the software id of a remote console (IPMI 2.0, section 5.5 and table 5-4). */
const BMC = 0x20;
const REMOTE_CONSOLE = 0x81;

export interface IpmiRequest {
  /** Network function, even. */
  readonly netFn: number;
  readonly lun: number;
  /** 0 to 63; the answer carries it again. */
  readonly sequence: number;
  readonly command: number;
  readonly data: Buffer;
}

export interface IpmiResponse {
  /** Network function of the request: the odd one on the wire less one. */
  readonly netFn: number;
  readonly lun: number;
  readonly sequence: number;
  readonly command: number;
  readonly completionCode: number;
  readonly data: Buffer;
}

/** Makes the sum of the bytes and itself 0 modulo 256 (section 13.8). */
export const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return -sum & 0xff;
};

/** A request as IPMI sends it over LAN (IPMI 2.0, section 13.8, figure 13-4). */
export const encodeRequest = (request: IpmiRequest): Buffer =>
  frame(
    [BMC, (request.netFn << 2) | request.lun],
    [REMOTE_CONSOLE, request.sequence << 2, request.command],
    request.data,
  );

export const encodeResponse = (response: IpmiResponse): Buffer =>
  frame(
    [REMOTE_CONSOLE, (response.netFn + 1) << 2],
    [BMC, (response.sequence << 2) | response.lun, response.command, response.completionCode],
    response.data,
  );

/** @throws MalformedPacket also when a checksum is wrong or it is a response */
export const decodeRequest = (message: Buffer): IpmiRequest => {
  const { header, body } = unframe(message, 'IPMI request');
  const netFn = header[1]! >> 2;
  if (netFn % 2 !== 0) throw new MalformedPacket('IPMI request: it is a response');
  body.skip(1);
  const sequence = body.byte() >> 2;
  return { netFn, lun: header[1]! & 0x03, sequence, command: body.byte(), data: body.rest() };
};

/** @throws MalformedPacket also when a checksum is wrong or it is a request */
export const decodeResponse = (message: Buffer): IpmiResponse => {
  const { header, body } = unframe(message, 'IPMI response');
  const netFn = header[1]! >> 2;
  if (netFn % 2 !== 1) throw new MalformedPacket('IPMI response: it is a request');
  body.skip(1);
  const sequenceAndLun = body.byte();
  return {
    netFn: netFn - 1,
    lun: sequenceAndLun & 0x03,
    sequence: sequenceAndLun >> 2,
    command: body.byte(),
    completionCode: body.byte(),
    data: body.rest(),
  };
};

const frame = (header: number[], body: number[], data: Buffer): Buffer => {
  const head = Buffer.from(header);
  const rest = Buffer.concat([Buffer.from(body), data]);
  return Buffer.concat([head, Buffer.of(checksum(head)), rest, Buffer.of(checksum(rest))]);
};

const unframe = (message: Buffer, what: string): { header: Buffer; body: PacketReader } => {
  const reader = new PacketReader(message, what);
  const header = reader.bytes(2);
  reader.expect(checksum(header), 'checksum of the header');
  const body = reader.bytes(Math.max(reader.remaining - 1, 0));
  reader.expect(checksum(body), 'checksum of the body');
  return { header, body: new PacketReader(body, what) };
};
