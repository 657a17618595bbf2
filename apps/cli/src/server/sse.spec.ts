import { describe, expect, it } from '@jest/globals';
import type { Block } from './sse.js';
import { blocksOf } from './sse.js';

const blocks = async (text: string, chunkBytes: number): Promise<Block[]> => {
  const bytes = Buffer.from(text);
  const stream = (async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  })();
  const all: Block[] = [];
  for await (const block of blocksOf(stream)) all.push(block);
  return all;
};

const text = [
  'retry: 1000',
  'id: place-0',
  '',
  ': alive',
  '',
  'id: place-1',
  'event: NodeEnrolled',
  'data: {"name":"Grüße 🚀"}',
  '',
  'data: two',
  'data:lines',
  '',
  'data: cut off',
].join('\n');

const expected = [
  { id: 'place-0' },
  { id: 'place-1', event: 'NodeEnrolled', data: '{"name":"Grüße 🚀"}' },
  { data: 'two\nlines' },
];

describe('blocksOf', () => {
  it.each([1, 2, 3, 7, 1000])('reads blocks however they are cut: in pieces of %d bytes', async size => {
    expect(await blocks(text, size)).toEqual(expected);
    expect(await blocks(text.replaceAll('\n', '\r\n'), size)).toEqual(expected);
  });
});
