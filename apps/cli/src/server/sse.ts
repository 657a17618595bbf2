/** One block of a stream of server-sent events (WHATWG HTML section 9.2). */
export interface Block {
  readonly id?: string;
  readonly event?: string;
  /** Undefined in blocks that only name a place. */
  readonly data?: string;
}

/** Reads blocks until the stream ends. One that the end cuts off is dropped, as the standard says. */
export async function* blocksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder();
  let rest = '';
  let lines: string[] = [];
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = part.endsWith('\r') ? part.slice(0, -1) : part;
      if (line !== '') lines.push(line);
      else {
        const block = blockOf(lines);
        lines = [];
        if (block.id !== undefined || block.data !== undefined) yield block;
      }
    }
  }
}

const blockOf = (lines: readonly string[]): Block => {
  const block: { id?: string; event?: string; data?: string } = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') block.data = block.data === undefined ? value : `${block.data}\n${value}`;
    else if (field === 'id' || field === 'event') block[field] = value;
  }
  return block;
};
