const AHEAD = 15;
const BEHIND = 16;
const RANGE = 2 ** 32;

/**
 * The sliding window over the session sequence numbers of received packets (IPMI 2.0, section 6.12.14): a packet is
 * taken once, and only when it is at most 15 ahead of or 16 behind the highest number taken so far.
 *
 * The first number is taken as it comes: it was signed with keys of this session, so it cannot be an old one, and
 * some BMCs do not begin with 1. Numbers wrap around at 2^32.
 */
export class SequenceWindow {
  #highest: number | undefined;
  /** Bit n is set when `highest - n` was taken. */
  #taken = 0;

  /** True when the packet is to be processed. Call it after the signature was found right, once per packet. */
  take(sequence: number): boolean {
    // Null is for packets outside of sessions (section 13.6, note 8).
    if (sequence === 0) return false;
    if (this.#highest === undefined) {
      this.#highest = sequence;
      this.#taken = 1;
      return true;
    }
    const ahead = (sequence - this.#highest + RANGE) % RANGE;
    if (ahead > 0 && ahead <= AHEAD) {
      this.#highest = sequence;
      this.#taken = (this.#taken << ahead) | 1;
      return true;
    }
    const behind = (RANGE - ahead) % RANGE;
    if (behind > BEHIND || (this.#taken & (1 << behind)) !== 0) return false;
    this.#taken |= 1 << behind;
    return true;
  }
}

/** The number after this one; 0 is left out, because it stands for "no session". */
export const nextSequence = (sequence: number): number => (sequence + 1) % RANGE || 1;
