const FIRST_BYTES = 64 * 1024;
/** Bytes that a UTF-16 unit takes in UTF-8 at most. */
const WIDEST = 3;

/**
 * A long text, put together as the bytes that go over the wire. As a string it would be copied three times: put together,
 * counted for its length, encoded.
 */
export class TextBuffer {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  add(text: string): this {
    const room = this.#length + text.length * WIDEST;
    if (room > this.#bytes.length) this.#grow(Math.max(room, this.#bytes.length * 2));
    this.#length += this.#bytes.write(text, this.#length);
    return this;
  }

  /** Of everything so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(size: number): void {
    const before = this.#bytes;
    this.#bytes = Buffer.allocUnsafe(size);
    before.copy(this.#bytes, 0, 0, this.#length);
  }
}
