import { operations, parameters } from '../openapi/operations.js';
import type { EventKind } from './event-schemas.js';
import { eventKinds, eventSchemas } from './event-schemas.js';
import { envelopes, headers } from './envelopes.js';

const component = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const schema = (name: string) => component('schemas', name);
const narrowed = (name: string, properties: object) => ({ allOf: [schema(name), { type: 'object', properties }] });

/** The three ways on which events leave, and the form that a message has on each. */
const ways = {
  stream: {
    payload: ({ type, schema: data }: EventKind) =>
      narrowed('StreamedEvent', { type: { const: type }, data: schema(data) }),
  },
  webhook: {
    payload: ({ type, schema: data }: EventKind) =>
      narrowed('CloudEvent', {
        type: { const: `ferrolog.${type}` },
        data: narrowed('PublicEvent', { data: schema(data) }),
      }),
  },
  kafka: {
    payload: ({ schema: data }: EventKind) => narrowed('PublicEvent', { data: schema(data) }),
    headers: ({ type }: EventKind) => narrowed('KafkaHeaders', { ce_type: { const: `ferrolog.${type}` } }),
  },
};
type Way = keyof typeof ways;

const messageName = (way: Way, { type }: EventKind): string => `${way}.${type}`;

const message = (way: Way, kind: EventKind): object => {
  const { payload, headers } = ways[way] as { payload: (kind: EventKind) => object; headers?: typeof payload };
  return {
    name: kind.type,
    summary: kind.summary,
    traits: [component('messageTraits', way)],
    ...(headers && { headers: headers(kind) }),
    payload: payload(kind),
  };
};

/** What is sent without being asked for each time (AsyncAPI 3.0), from the schemas of events. */
export const asyncApiDocument = (version: string): object => {
  const all = eventKinds();
  const kinds = (way: Way) => all.filter(({ isPublic }) => isPublic || way === 'stream');
  const messagesOf = (way: Way) =>
    Object.fromEntries(kinds(way).map(kind => [kind.type, component('messages', messageName(way, kind))]));
  const follow = operations['GET /ferrolog/v1/events']!;
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Ferrolog',
      version,
      description:
        'Every event of the store, as it happens: as server-sent events, to webhooks, and on a Kafka topic. Each event keeps its id on every way, may come more than once, and comes in the order of its stream. New fields and types may come: let pass what you do not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      ferrolog: { host: '127.0.0.1:6385', protocol: 'http', description: 'The HTTP API.' },
      kafka: { host: '127.0.0.1:9092', protocol: 'kafka', description: 'Where workLog is kafka://…' },
    },
    channels: {
      stream: {
        address: '/ferrolog/v1/events',
        title: 'Server-sent events',
        description:
          'WHATWG HTML section 9.2. The id of a message is the position to come back to, its event the type, its data the payload.',
        servers: [{ $ref: '#/servers/ferrolog' }],
        messages: messagesOf('stream'),
      },
      webhook: {
        address: null,
        title: 'Webhooks',
        description:
          'The address is that of the webhook (POST /ferrolog/v1/webhooks). One event a request, in order, signed as Standard Webhooks has it; any answer of 2xx takes it.',
        messages: messagesOf('webhook'),
      },
      kafka: {
        address: 'ferrolog.events.v1',
        title: 'The public topic',
        description:
          'CloudEvents 1.0, Kafka protocol binding, binary mode. Events of one key come in order. Its name begins with workLogPrefix.',
        servers: [{ $ref: '#/servers/kafka' }],
        messages: messagesOf('kafka'),
        bindings: { kafka: { topic: 'ferrolog.events.v1', bindingVersion: '0.5.0' } },
      },
    },
    operations: {
      sendEvents: {
        action: 'send',
        channel: { $ref: '#/channels/stream' },
        summary: follow.summary,
        bindings: { http: { method: 'GET', query: queryOf(follow.query ?? []), bindingVersion: '0.3.0' } },
      },
      deliverToWebhook: {
        action: 'send',
        channel: { $ref: '#/channels/webhook' },
        summary: 'Delivers every event that the filter of a webhook asks for, from a position on.',
        bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
      },
      publishEvents: {
        action: 'send',
        channel: { $ref: '#/channels/kafka' },
        summary: 'Publishes every event that tells of a resource.',
      },
    },
    components: {
      messageTraits: {
        stream: { contentType: 'application/json' },
        webhook: {
          contentType: 'application/cloudevents+json; charset=utf-8',
          headers: schema('WebhookHeaders'),
        },
        kafka: {
          contentType: 'application/json',
          bindings: {
            kafka: {
              key: { type: 'string', description: "The node's UUID, else the resource's own id." },
              bindingVersion: '0.5.0',
            },
          },
        },
      },
      messages: Object.fromEntries(
        (Object.keys(ways) as Way[]).flatMap(way =>
          kinds(way).map(kind => [messageName(way, kind), message(way, kind)]),
        ),
      ),
      schemas: { ...envelopes, ...headers, ...eventSchemas() },
    },
  };
};

const queryOf = (names: readonly (keyof typeof parameters)[]): object => ({
  type: 'object',
  properties: Object.fromEntries(names.map(name => [name, { type: 'string', description: parameters[name] }])),
});
