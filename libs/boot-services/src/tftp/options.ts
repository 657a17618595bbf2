/** How a transfer goes, and what of it the client is told that it asked for. */
export interface Agreed {
  readonly blockBytes: number;
  /** Blocks that may be under way without an acknowledgement. */
  readonly windowBlocks: number;
  readonly timeoutMs: number;
  /** To be acknowledged; empty where the client asked for nothing that there is. */
  readonly options: ReadonlyMap<string, string>;
}

/** Fits an Ethernet frame: fragments get lost together, and firmware often cannot put them together at all. */
const MAX_BLOCK_BYTES = 1468;
const MAX_WINDOW_BLOCKS = 64;

const whole = (text: string, least: number, most: number): number | undefined => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : undefined;
};

/**
 * Options that are unknown or make no sense are left out, as if they had not been asked for (RFC 2347); a server may
 * agree to smaller blocks (RFC 2348) and windows (RFC 7440) than asked for, not to another timeout (RFC 2349).
 */
export const agree = (asked: ReadonlyMap<string, string>, sizeBytes: number, timeoutMs: number): Agreed => {
  const options = new Map<string, string>();
  const take = (name: string, least: number, most: number, limit: number): number | undefined => {
    const value = whole(asked.get(name) ?? '', least, most);
    if (value === undefined) return undefined;
    options.set(name, String(Math.min(value, limit)));
    return Math.min(value, limit);
  };
  const blockBytes = take('blksize', 8, 65464, MAX_BLOCK_BYTES) ?? 512;
  const windowBlocks = take('windowsize', 1, 65535, MAX_WINDOW_BLOCKS) ?? 1;
  const seconds = take('timeout', 1, 255, 255);
  if (asked.get('tsize') === '0') options.set('tsize', String(sizeBytes));
  return { blockBytes, windowBlocks, timeoutMs: seconds === undefined ? timeoutMs : seconds * 1000, options };
};
