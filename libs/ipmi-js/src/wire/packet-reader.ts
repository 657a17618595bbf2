import { MalformedPacket } from './malformed-packet.js';

/** Reads fields one after another; a packet that is too short is a MalformedPacket, never a RangeError. */
export class PacketReader {
  #at = 0;

  constructor(
    readonly packet: Buffer,
    /** Name of the packet, for the error. */
    readonly what: string,
  ) {}

  get remaining(): number {
    return this.packet.length - this.#at;
  }

  /** The next `length` bytes, not copied. */
  bytes(length: number): Buffer {
    if (length > this.remaining)
      throw new MalformedPacket(
        `${this.what}: ${this.packet.length} bytes are too few, ${this.#at + length} are needed`,
      );
    this.#at += length;
    return this.packet.subarray(this.#at - length, this.#at);
  }

  skip(length: number): void {
    this.bytes(length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  /** IPMI sends the least significant byte first (section 13.5.1). */
  uint16(): number {
    return this.bytes(2).readUInt16LE();
  }

  uint24(): number {
    return this.bytes(3).readUIntLE(0, 3);
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  /** A byte that can have one value only. */
  expect(value: number, field: string): void {
    const found = this.byte();
    if (found !== value) throw new MalformedPacket(`${this.what}: ${field} is ${found}, not ${value}`);
  }
}
