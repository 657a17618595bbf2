import type { Clock } from '#domain';
import type { Agreed } from './options.js';
import { dataPacket, opcode, opcodeOf, optionAckPacket, parseAck } from './packet.js';
import type { Source } from './source.js';

/** After so many times that nobody answered the client is gone. */
const MAX_TRIES = 6;
const MAX_TIMEOUT_MS = 30_000;

export interface TransferParts {
  readonly source: Source;
  readonly agreed: Agreed;
  readonly clock: Pick<Clock, 'after'>;
  readonly send: (packet: Buffer) => void;
  /** Called once: everything arrived, or the transfer was given up. */
  readonly onEnd: (arrived: boolean) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * The sending side of one transfer (RFC 1350) with windows (RFC 7440). Blocks are counted from 1 without end and cut to
 * 16 bits on the wire, so that files of more than 65535 blocks go through.
 */
export class Transfer {
  /** All blocks up to this one have arrived; -1 as long as the options are not acknowledged. */
  #acknowledged: number;
  #sent = 0;
  #tries = 0;
  #hasEnded = false;
  /** Whether a repeated acknowledgement already made us send this window again. */
  #wasResent = false;
  #cancel: () => void = () => undefined;
  #sending = Promise.resolve();
  readonly #lastBlock: number;

  constructor(private readonly parts: TransferParts) {
    const { source, agreed } = parts;
    // The last block is shorter than the others, empty where they come out even.
    this.#lastBlock = Math.floor(source.sizeBytes / agreed.blockBytes) + 1;
    this.#acknowledged = agreed.options.size > 0 ? -1 : 0;
  }

  start(): void {
    this.#sendOn();
  }

  receive(packet: Buffer): void {
    if (this.#hasEnded) return;
    if (opcodeOf(packet) === opcode.error) return this.end(false);
    const block = parseAck(packet);
    if (block === undefined) return;
    if (this.#acknowledged === -1) {
      if (block === 0) this.#proceed(0);
      return;
    }
    const ahead = (block - this.#acknowledged) & 0xffff;
    if (ahead === 0) return this.#repeated();
    if (ahead <= this.#sent - this.#acknowledged) this.#proceed(this.#acknowledged + ahead);
  }

  end(arrived: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cancel();
    // What is being read is read to its end before the source is closed.
    void this.#sending.then(() => this.parts.onEnd(arrived));
  }

  #proceed(acknowledged: number): void {
    this.#acknowledged = acknowledged;
    this.#tries = 0;
    this.#wasResent = false;
    if (acknowledged === this.#lastBlock) this.end(true);
    else this.#sendOn();
  }

  /**
   * With a window of one block a repeated acknowledgement is ignored: to answer it doubles every packet from there on
   * (the Sorcerer's Apprentice, RFC 1123, 4.2.3.1). In a larger one it says that its first block was lost (RFC 7440, 4).
   */
  #repeated(): void {
    if (this.parts.agreed.windowBlocks === 1 || this.#wasResent || this.#sent === this.#acknowledged) return;
    this.#wasResent = true;
    this.#sendOn();
  }

  #sendOn(): void {
    this.#sending = this.#sending
      .then(() => this.#sendWindow())
      .catch((error: unknown) => {
        this.parts.onError(error);
        this.end(false);
      });
  }

  async #sendWindow(): Promise<void> {
    const { source, agreed, send } = this.parts;
    const { blockBytes, windowBlocks, options } = agreed;
    const acknowledged = this.#acknowledged;
    this.#wait();
    if (acknowledged === -1) return send(optionAckPacket(options));
    const last = Math.min(acknowledged + windowBlocks, this.#lastBlock);
    const bytes = await source.read(acknowledged * blockBytes, (last - acknowledged) * blockBytes);
    // Other news came while the file was read.
    if (this.#hasEnded || this.#acknowledged !== acknowledged) return;
    this.#sent = last;
    for (let block = acknowledged + 1; block <= last; block++) {
      const offset = (block - acknowledged - 1) * blockBytes;
      send(dataPacket(block, bytes.subarray(offset, offset + blockBytes)));
    }
  }

  /** Waits twice as long each time nobody answers. */
  #wait(): void {
    this.#cancel();
    if (this.#hasEnded) return;
    const delayMs = Math.min(this.parts.agreed.timeoutMs * 2 ** this.#tries, MAX_TIMEOUT_MS);
    this.#cancel = this.parts.clock.after(delayMs, () => {
      this.#tries += 1;
      if (this.#tries >= MAX_TRIES) this.end(false);
      else this.#sendOn();
    });
  }
}
