import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';

/** The port of RMCP, and so of IPMI over LAN (IPMI 2.0, section 13.1.2). */
export const RMCP_PORT = 623;

const VERSION = 0x06;
/** Asks the receiver for no RMCP acknowledge; all IPMI messages are sent so (section 13.6, note 2). */
const NO_ACKNOWLEDGE = 0xff;
const CLASSES = { asf: 0x06, ipmi: 0x07 } as const;

export type RmcpClass = keyof typeof CLASSES;

/** Puts the RMCP header before a message (IPMI 2.0, section 13.1.3, table 13-1). */
export const encodeRmcp = (rmcpClass: RmcpClass, message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(VERSION, 0x00, NO_ACKNOWLEDGE, CLASSES[rmcpClass]), message]);

/** @throws MalformedPacket */
export const decodeRmcp = (datagram: Buffer): { readonly rmcpClass: RmcpClass; readonly message: Buffer } => {
  const reader = new PacketReader(datagram, 'RMCP header');
  reader.expect(VERSION, 'version');
  reader.skip(2);
  const number = reader.byte();
  const rmcpClass = number === CLASSES.ipmi ? 'ipmi' : number === CLASSES.asf ? 'asf' : undefined;
  if (!rmcpClass) throw new MalformedPacket(`RMCP header: class ${number} is neither ASF nor IPMI`);
  return { rmcpClass, message: reader.rest() };
};
