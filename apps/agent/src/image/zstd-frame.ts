const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];

/**
 * The length of the Zstandard frame at the start of a buffer (RFC 8878, 3.1.1). A decompressor takes what follows a
 * frame for another one, and in a qcow2 what follows is padding.
 */
export const zstdFrameBytes = (bytes: Buffer): number => {
  const descriptor = bytes[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  let at = 5 + (singleSegment ? 0 : 1) + dictionaryIdBytes[descriptor & 3]!;
  at += sizeFlag === 0 && singleSegment ? 1 : contentSizeBytes[sizeFlag]!;
  for (let last = false; !last;) {
    const header = bytes.readUIntLE(at, 3);
    last = (header & 1) !== 0;
    const repeatsOneByte = ((header >> 1) & 3) === 1;
    at += 3 + (repeatsOneByte ? 1 : header >> 3);
  }
  return at + (descriptor & 4 ? 4 : 0);
};
