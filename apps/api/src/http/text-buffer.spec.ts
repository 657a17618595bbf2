import { describe, expect, it } from '@jest/globals';
import { TextBuffer } from './text-buffer.js';

describe('a text buffer', () => {
  it('holds the UTF-8 of its pieces in their order, however long they are', () => {
    const pieces = ['{"a":', '"é€😀"'.repeat(9_000), ',', 'x'.repeat(300_000), '', '😀}'];

    const { bytes } = pieces.reduce((buffer, piece) => buffer.add(piece), new TextBuffer());

    expect(bytes.equals(Buffer.from(pieces.join('')))).toBe(true);
  });

  it('is empty where nothing was put in', () => {
    expect(new TextBuffer().bytes).toHaveLength(0);
  });
});
