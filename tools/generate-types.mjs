// TypeScript types of the events, from schemas/events (decision 19: schemas first). Not committed: made by every build.
import { mkdirSync, readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';

const root = join(import.meta.dirname, '..');
const source = join(root, 'schemas/events');
const target = join(root, 'libs/domain/src/generated/events.ts');

/** All schemas become one document here: references from file to file become references within it. */
const withinOneDocument = text => text.replaceAll(/"[^"]*(#\/\$defs\/\w+)"/g, '"$1"');

const schemasIn = folder =>
  readdirSync(folder, { recursive: true })
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => JSON.parse(withinOneDocument(readFileSync(join(folder, file), 'utf8'))));

export const generateTypes = async () => {
  const schemas = schemasIn(source);
  const definitions = {};
  const properties = {};
  for (const schema of schemas) {
    if (schema.$defs) Object.assign(definitions, schema.$defs);
    if (!schema.title) continue;
    const { title, $schema: _schema, $id: _id, ...body } = schema;
    definitions[title] = { ...body, title };
    for (const type of schema['x-event-types'] ?? []) properties[type] = { $ref: `#/$defs/${title}` };
  }
  const code = await compile(
    {
      title: 'EventDataByType',
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
      $defs: definitions,
    },
    'EventDataByType',
    {
      bannerComment: '// Generated from schemas/events by tools/generate-types.mjs. Edit the schemas, not this.',
      additionalProperties: false,
      unreachableDefinitions: true,
      customName: schema => schema.title,
    },
  );
  if (existsSync(target) && readFileSync(target, 'utf8') === code) return;
  mkdirSync(join(target, '..'), { recursive: true });
  writeFileSync(target, code);
};

if (import.meta.main) await generateTypes();
