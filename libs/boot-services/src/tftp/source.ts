import { open } from 'node:fs/promises';
import type { Content } from '../content.js';

/** Something of known size that is read in pieces. */
export interface Source {
  readonly sizeBytes: number;
  /** Fewer bytes than asked for only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export const sourceOf = async (content: Content): Promise<Source> => {
  if (content.kind === 'text') {
    const bytes = Buffer.from(content.text);
    return {
      sizeBytes: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
      close: async () => undefined,
    };
  }
  const file = await open(content.path, 'r');
  const { size } = await file.stat();
  return {
    sizeBytes: size,
    async read(offset, length) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, Math.max(0, size - offset))), {
        position: offset,
      });
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
};
