import type { KafkaMessage, Message } from 'kafkajs';
import type { WorkMessage } from '#domain';

/** CloudEvents 1.0, Kafka protocol binding, binary mode: the attributes are headers, the value is the data. */
const SOURCE = '/ferrolog/work';

export const toKafka = ({ key, position, type }: WorkMessage): Message => ({
  key,
  value: JSON.stringify({ position }),
  headers: {
    ce_specversion: '1.0',
    ce_id: `${position}`,
    ce_source: SOURCE,
    ce_type: type,
    ce_subject: key,
    'content-type': 'application/json',
  },
});

/** Undefined for what no relay has written. */
export const fromKafka = ({ key, value, headers }: KafkaMessage): WorkMessage | undefined => {
  const type = headers?.ce_type;
  if (!key || !value || type === undefined) return undefined;
  const position = positionIn(value.toString());
  return position === undefined ? undefined : { key: key.toString(), position, type: type.toString() };
};

const positionIn = (text: string): number | undefined => {
  try {
    const { position } = JSON.parse(text) as { position?: unknown };
    return typeof position === 'number' ? position : undefined;
  } catch {
    return undefined;
  }
};
