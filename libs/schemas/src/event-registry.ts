import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonSchema } from './read.js';
import { readSchemas } from './read.js';

/** An event that is not what its schema says: a defect of whoever writes it. */
export class EventNotValid extends Error {}

/** For Ajv: the schemas of this repository are held against their metaschema by the tests, not at every start. */
export const ownSchemas = { meta: false, validateSchema: false } as const;

/** All event types and their schemas. Compiled when first asked for: most processes write few of them. */
export class EventRegistry {
  readonly #ajv = new Ajv2020({
    ...ownSchemas,
    strict: true,
    keywords: ['x-event-types', 'x-version'],
    inlineRefs: false,
  });
  readonly #schemaOf = new Map<string, JsonSchema>();
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(schemas = readSchemas('events')) {
    for (const schema of schemas) {
      this.#ajv.addSchema(schema);
      for (const type of (schema['x-event-types'] as string[] | undefined) ?? []) {
        if (this.#schemaOf.has(type)) throw new Error(`the event type ${type} has two schemas`);
        this.#schemaOf.set(type, schema);
      }
    }
  }

  get types(): string[] {
    return [...this.#schemaOf.keys()].sort();
  }

  schemaOf(type: string): JsonSchema | undefined {
    return this.#schemaOf.get(type);
  }

  /**
   * Answers the version of the type that the data are of: today's.
   *
   * @throws EventNotValid for types that are not registered, too
   */
  check(type: string, data: unknown): number {
    const validate = this.#validators.get(type) ?? this.#compile(type);
    if (!validate(data))
      throw new EventNotValid(`${type} is not what its schema says: ${this.#ajv.errorsText(validate.errors)}`);
    return this.#schemaOf.get(type)!['x-version'] as number;
  }

  #compile(type: string): ValidateFunction {
    const schema = this.#schemaOf.get(type);
    if (!schema) throw new EventNotValid(`${type} is not a registered event type`);
    const validate = this.#ajv.getSchema(schema.$id as string)!;
    for (const shared of schema['x-event-types'] as string[]) this.#validators.set(shared, validate);
    return validate;
  }
}
