/** Bytes that are not what the specification says they should be. The only error that a decoder throws. */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket';
  readonly retriable = false;
  readonly mayHaveRun = true;
}
