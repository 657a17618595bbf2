/**
 * Key to partition, as Kafka's default partitioner does it for records with a key, so that a message has the same
 * partition whoever publishes it (Apache Kafka, `BuiltInPartitioner.partitionForKey`: positive murmur2 modulo the
 * number of partitions; kafkajs 2 does the same by default).
 */
export const partitionOf = (key: string, partitions: number): number =>
  (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;

const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;

/**
 * MurmurHash2 of 32 bits with Kafka's seed, as a signed integer as in Java (`Utils.murmur2`). Austin Appleby's
 * MurmurHash2: four bytes at a time, little-endian, then the one to three that are left over.
 */
export const murmur2 = (bytes: Uint8Array): number => {
  let hash = SEED ^ bytes.length;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    const mixed = Math.imul(word, MIX);
    hash = Math.imul(hash, MIX) ^ Math.imul(mixed ^ (mixed >>> 24), MIX);
  }
  if (whole < bytes.length) {
    for (let at = whole; at < bytes.length; at += 1) hash ^= bytes[at] << (8 * (at - whole));
    hash = Math.imul(hash, MIX);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
};
