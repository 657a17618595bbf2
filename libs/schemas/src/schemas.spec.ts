import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { upcasters } from '#domain';
import { EventNotValid, EventRegistry } from './event-registry.js';
import { readSchema, readSchemas, schemasFolder } from './read.js';

// What stands beside the folders is generated from them.
const files = ['events', 'api', 'config'].flatMap(folder =>
  readdirSync(join(schemasFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .map(file => `${folder}/${file.replaceAll('\\', '/')}`),
);
const events = readSchemas('events').filter(schema => 'title' in schema);
const typesOf = (schema: object) => (schema as { 'x-event-types': string[] })['x-event-types'];

describe('Schemas', () => {
  it.each(files)('%s says what it is, by the name of its file', file => {
    const schema = readSchema(file);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.$id).toBe(`https://ferrolog.dev/schemas/${file}`);
    if ('$defs' in schema && !('type' in schema)) return;
    expect(schema.title).toEqual(expect.any(String));
    expect(schema.description).toMatch(/^[A-Z`].*\.$/s);
  });

  it.each(files)('%s compiles, strictly', file => {
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      keywords: ['x-event-types', 'x-version'],
    });
    ajv.addSchema(readSchema('events/definitions.json'));
    if (file !== 'events/definitions.json') expect(() => ajv.compile(readSchema(file))).not.toThrow();
  });
});

describe('Schemas of events', () => {
  it('have a version, types and a title of their own, and ask for an object', () => {
    for (const schema of events) {
      expect([schema.title, Number.isInteger(schema['x-version'])]).toEqual([schema.title, true]);
      expect(schema['x-version']).toBeGreaterThanOrEqual(1);
      expect([schema.title, schema.type]).toEqual([schema.title, 'object']);
      expect(String(schema.$id)).toContain(`/${String(schema.title)}.json`);
    }
    const titles = events.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('tell types in the past tense, each once', () => {
    const types = events.flatMap(typesOf);
    expect(types.length).toBeGreaterThan(100);
    expect(types).toEqual([...new Set(types)]);
    const irregular = ['Held', 'Waiting', 'Read', 'Set', 'StepOutcomeUnknown', 'TimedOut', 'Taken'];
    for (const type of types)
      expect([type, /[a-z]ed$/.test(type) || irregular.some(end => type.endsWith(end))]).toEqual([type, true]);
  });

  it('take fields that a newer version adds: they are carried, not refused', () => {
    for (const schema of events) expect([schema.title, schema.additionalProperties]).toEqual([schema.title, undefined]);
  });

  it('ask for nothing that they do not describe', () => {
    for (const { title, properties, required } of events as {
      title: string;
      properties: object;
      required?: string[];
    }[])
      expect([title, (required ?? []).filter(name => !(name in properties))]).toEqual([title, []]);
  });

  it('are of the version that the upcasters lead to', () => {
    for (const schema of events)
      for (const type of typesOf(schema))
        expect([type, schema['x-version']]).toEqual([type, (upcasters[type]?.length ?? 0) + 1]);
  });
});

describe('The registry of events', () => {
  const registry = new EventRegistry();

  it('knows every type', () => {
    expect(registry.types).toEqual(events.flatMap(typesOf).sort());
    expect(registry.schemaOf('NodeEnrolled')?.title).toBe('NodeEnrolled');
    expect(registry.schemaOf('CleaningStarted')?.title).toBe('OperationStarted');
    expect(registry.schemaOf('NoSuchThing')).toBeUndefined();
  });

  it('lets through what a type says, and tells its version', () => {
    expect(registry.check('MaintenanceSet', { reason: 'bad DIMM' })).toBe(1);
    expect(registry.check('MaintenanceSet', { reason: null, added_later: { any: 'thing' } })).toBe(1);
  });

  it('refuses what it does not, by what is wrong', () => {
    for (const [type, data, sentence] of [
      ['MaintenanceSet', {}, "MaintenanceSet is not what its schema says: data must have required property 'reason'"],
      ['MaintenanceSet', { reason: 7 }, 'data/reason must be string,null'],
      ['MaintenanceSet', null, 'data must be object'],
      [
        'CleaningStarted',
        { operation: 'x', provisionState: 'cleaning', targetProvisionState: null, conductor: 'c', steps: [{}] },
        'data/steps/0',
      ],
      ['NoSuchThing', {}, 'NoSuchThing is not a registered event type'],
    ] as const) {
      expect(() => registry.check(type, data)).toThrow(EventNotValid);
      expect(() => registry.check(type, data)).toThrow(sentence);
    }
  });

  it('refuses a type that two schemas claim', () => {
    const schema = (name: string) => ({
      $id: `https://example.org/${name}.json`,
      type: 'object',
      'x-version': 1,
      'x-event-types': ['Twice'],
    });
    expect(() => new EventRegistry([schema('a'), schema('b')])).toThrow('Twice');
  });
});
