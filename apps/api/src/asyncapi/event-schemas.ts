import type { JsonSchema } from '#schemas';
import { readSchemas } from '#schemas';

/** One type of event: what it says, and the schema of its data among the components. */
export interface EventKind {
  readonly type: string;
  readonly summary: string;
  readonly schema: string;
  /** Whether webhooks and Kafka get it, too: it tells of a resource, and not of our own doings. */
  readonly isPublic: boolean;
}

/** Folders of schemas/events whose events stand in streams of their own that nobody outside is told of. */
const ours = /\/events\/(reservation|webhook)\//;

export const eventKinds = (): EventKind[] =>
  readSchemas('events')
    .flatMap(schema =>
      typesOf(schema).map(type => ({
        type,
        summary: schema.description as string,
        schema: schema.title as string,
        isPublic: !ours.test(schema.$id as string),
      })),
    )
    .sort((a, b) => (a.type < b.type ? -1 : 1));

/** Schemas of the data, by title, as components of one document. */
export const eventSchemas = (): Record<string, unknown> => {
  const all = readSchemas('events').flatMap(({ $defs, ...schema }) => [
    ...(schema.title === undefined ? [] : [schema]),
    ...Object.values(($defs as Record<string, JsonSchema> | undefined) ?? {}),
  ]);
  return Object.fromEntries(all.map(schema => [schema.title as string, asSent(schema)]));
};

const typesOf = (schema: JsonSchema): string[] => (schema['x-event-types'] as string[] | undefined) ?? [];

/** What is sealed in the store is masked on its way out; references from file to file stay within the document. */
const asSent = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== 'object' || value === null) return value;
  const { $id: _id, $schema: _meta, 'x-event-types': _types, ...schema } = value as JsonSchema;
  if (Object.hasOwn((schema.properties as object | undefined) ?? {}, '$sealed'))
    return { const: '******', description: 'A secret: sealed, and shown to nobody' };
  return Object.fromEntries(
    Object.entries(schema).map(([name, item]) =>
      name === '$ref'
        ? [name, (item as string).replace(/^.*#\/\$defs\//, '#/components/schemas/')]
        : [name, asSent(item)],
    ),
  );
};
