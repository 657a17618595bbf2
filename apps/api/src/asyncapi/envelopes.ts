const text = (description?: string) => ({ type: 'string', ...(description && { description }) });
const time = (description: string) => ({ type: 'string', format: 'date-time', description });
const object = (description: string, properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: 'object',
  description,
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
});

const place = {
  stream: text('What it is about: node-UUID and the like'),
  revision: { type: 'integer', minimum: 0, description: 'Place in the stream: 0, 1, 2 …, without holes' },
  recorded: time('When the store took it'),
};
const metadata = { $ref: '#/components/schemas/EventMetadata' };
const position = text('Position to go on after: from=…, Last-Event-ID, or a webhook’s from');

/** What stands around the data of an event. */
export const envelopes = {
  EventMetadata: {
    type: 'object',
    description: 'Who wrote it, why, and in answer to what',
    properties: {
      $correlationId: text('The command that started it all'),
      $causationId: text('The event or command right before'),
      commandId: text(),
      actorKind: { enum: ['user', 'service', 'system', 'conductor', 'agent', 'anonymous'] },
      actorId: text(),
      occurred: time('By the clock of who reports it'),
      codeVersion: text(),
    },
    required: ['$correlationId', '$causationId', 'commandId', 'actorKind', 'actorId', 'occurred', 'codeVersion'],
    additionalProperties: { type: 'string' },
  },
  StreamedEvent: object('An event of the stream', {
    id: text('The same whenever and however it comes'),
    type: text(),
    ...place,
    position,
    summary: text('What it says beyond its type, in a few words'),
    by: text('Who wrote it'),
    data: { type: 'object' },
    metadata,
  }),
  PublicEvent: object('An event as the world outside gets it', { ...place, data: { type: 'object' }, metadata }),
  CloudEvent: object(
    'CloudEvents 1.0, JSON format, structured mode',
    {
      specversion: { const: '1.0' },
      id: text('The same whenever and however it comes'),
      source: text('/ferrolog/ and the id of the event store'),
      type: text(),
      subject: text('The stream'),
      time: time('When the store took it'),
      ferrologposition: position,
      correlationid: text('The command that started it all'),
      causationid: text('The event or command right before'),
      traceparent: text('W3C trace context'),
      datacontenttype: { const: 'application/json' },
      data: { $ref: '#/components/schemas/PublicEvent' },
    },
    ['traceparent'],
  ),
};

export const headers = {
  WebhookHeaders: object('Standard Webhooks 1.0', {
    'webhook-id': text('The id of the event: whoever has it already takes it and does nothing'),
    'webhook-timestamp': text('Of this attempt, in seconds since 1970'),
    'webhook-signature': text('v1, and the base64 of HMAC-SHA256 over id.timestamp.body'),
  }),
  KafkaHeaders: object(
    'CloudEvents 1.0, Kafka protocol binding, binary mode',
    {
      ce_specversion: { const: '1.0' },
      ce_id: text('The same whenever and however it comes'),
      ce_source: text('/ferrolog/ and the id of the event store'),
      ce_type: text(),
      ce_subject: text('The stream'),
      ce_time: time('When the store took it'),
      ce_ferrologposition: position,
      ce_correlationid: text(),
      ce_causationid: text(),
      ce_traceparent: text('W3C trace context'),
      'content-type': { const: 'application/json' },
    },
    ['ce_traceparent'],
  ),
};
