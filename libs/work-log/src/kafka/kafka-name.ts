import { createHash } from 'node:crypto';

/** Kafka's longest name of a topic (`Topic.MAX_NAME_LENGTH`). */
const LONGEST = 249;

/**
 * The name in Kafka, of a topic and of the group of its consumers alike. Kafka takes letters, digits, dots, hyphens
 * and underscores only; other names are told apart by a digest.
 */
export const kafkaName = (prefix: string, name: string): string => {
  const wanted = `${prefix}.${name}`;
  const legal = wanted.replaceAll(/[^a-zA-Z0-9._-]/g, '_');
  if (legal === wanted && legal.length <= LONGEST) return legal;
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return `${legal.slice(0, LONGEST - digest.length - 1)}-${digest}`;
};
