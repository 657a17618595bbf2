import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { eventJson } from '#apps/api';
import { cloudEvent, publicEvent } from '#apps/relay';
import type { EventStore } from '#domain';
import { isPublic } from '#domain';
import { EventRegistry, schemasFolder } from '#schemas';
import { goldenNames, readGolden } from '#testing';

interface Reference {
  readonly $ref: string;
}
interface Document {
  readonly asyncapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly channels: Readonly<Record<'stream' | 'webhook' | 'kafka', Channel>>;
  readonly operations: Readonly<Record<string, { readonly action: string; readonly channel: Reference }>>;
  readonly components: Readonly<Record<'messages' | 'messageTraits' | 'schemas', Readonly<Record<string, Message>>>>;
}
interface Channel {
  readonly address: string | null;
  readonly messages: Readonly<Record<string, Reference>>;
}
interface Message {
  readonly name: string;
  readonly payload: object;
  readonly headers?: object;
}

const document = parse(readFileSync(join(schemasFolder, 'asyncapi.yaml'), 'utf8')) as Document;
const registry = new EventRegistry();
const identity = { storeId: 'abcdef01', generation: 1 };
const events = goldenNames().flatMap(name => readGolden(name).events);

/** Every object in the document, with its place. */
const walk = function* (value: unknown, place: string): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [place, value as Record<string, unknown>];
  for (const [name, item] of Object.entries(value)) yield* walk(item, `${place}/${name}`);
};
const at = (reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);

describe('schemas/asyncapi.yaml', () => {
  it('has what AsyncAPI 3.0 asks for', () => {
    expect(document.asyncapi).toBe('3.0.0');
    expect(document.info).toMatchObject({ title: 'Ferrolog', version: expect.any(String) });
    for (const operation of Object.values(document.operations)) {
      expect(operation.action).toBe('send');
      expect(Object.keys(document.channels).map(name => `#/channels/${name}`)).toContain(operation.channel.$ref);
    }
    for (const kind of Object.values(document.components))
      for (const name of Object.keys(kind)) expect(name).toMatch(/^[\w.-]+$/);
  });

  it('refers to nothing that is not in it', () => {
    let references = 0;
    for (const [place, { $ref }] of walk(document, '#')) {
      if ($ref === undefined) continue;
      references++;
      expect([place, $ref, typeof at($ref as string)]).toEqual([place, $ref, 'object']);
    }
    expect(references).toBeGreaterThan(500);
  });

  it('has every type of event on the stream, and on the others those that tell of resources', () => {
    const { stream, webhook, kafka } = document.channels;
    expect(Object.keys(stream.messages)).toEqual(registry.types);
    const seen = new Map(events.map(event => [event.type, isPublic(event)]));
    for (const { messages } of [webhook, kafka])
      for (const [type, told] of seen) expect([type, type in messages]).toEqual([type, told]);
    for (const { messages } of Object.values(document.channels))
      for (const [type, { $ref }] of Object.entries(messages)) expect((at($ref) as Message).name).toBe(type);
  });

  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ ...document, $id: 'asyncapi' });
  const check = (place: string, value: unknown): string => {
    const validate = ajv.getSchema(`asyncapi#/components/messages/${place}`)!;
    return validate(value) ? '' : ajv.errorsText(validate.errors);
  };

  it('describes events as they are sent', () => {
    expect(events.length).toBeGreaterThan(500);
    const faults = new Set<string>();
    const expectRight = (type: string, way: string, fault: string) =>
      void (fault && faults.add(`${way} ${type} ${fault}`));
    for (const event of events) {
      const { type } = event;
      expectRight(type, 'stream', check(`stream.${type}/payload`, eventJson(event, { identity } as EventStore)));
      if (!isPublic(event)) continue;
      expectRight(type, 'webhook', check(`webhook.${type}/payload`, JSON.parse(cloudEvent(event, identity))));
      expectRight(type, 'kafka', check(`kafka.${type}/payload`, publicEvent(event, identity).data));
    }
    expect([...faults]).toEqual([]);
  });

  it('would not take other events for them', () => {
    const event = events.find(({ type }) => type === 'MaintenanceSet')!;
    const sent = JSON.parse(cloudEvent(event, identity)) as Record<string, unknown>;
    const { id: _, ...nameless } = sent;
    expect(check('webhook.MaintenanceSet/payload', nameless)).toContain("'id'");
    expect(check('webhook.MaintenanceCleared/payload', sent)).toContain('constant');
    expect(
      check('webhook.MaintenanceSet/payload', { ...sent, data: { ...(sent.data as object), data: {} } }),
    ).toContain("'reason'");
  });
});
