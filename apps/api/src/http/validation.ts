import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ownSchemas, readSchema } from '#schemas';
import { badRequest } from './ironic-error.js';

const ajv = new Ajv2020({ ...ownSchemas, strict: false, allErrors: false });
const validators = new Map<string, ValidateFunction>();

/**
 * Checks a body against its schema in schemas/api. Compiled when first asked for.
 *
 * @throws HttpRefusal 400 with the first fault
 */
export const checked = <T>(schema: string, body: unknown): T => {
  let validate = validators.get(schema);
  if (!validate) {
    validate = ajv.compile(readSchema(`api/${schema}.json`));
    validators.set(schema, validate);
  }
  if (body === undefined) throw badRequest('The request needs a body.');
  if (validate(body)) return body as T;
  const [error] = validate.errors!;
  const where = error!.instancePath.replaceAll('/', '.').replace(/^\./, '');
  const named = (error!.params as { additionalProperty?: string }).additionalProperty;
  throw badRequest(
    `Schema error${where ? ` in ${where}` : ''}: ${error!.message}${named ? ` ('${named}' was unexpected)` : ''}.`,
  );
};

/** Ironic's idea of a boolean (Ironic API reference). */
export const booleanOf = (value: unknown, name: string): boolean => {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (['1', 't', 'true', 'on', 'y', 'yes'].includes(text)) return true;
  if (['0', 'f', 'false', 'off', 'n', 'no'].includes(text)) return false;
  throw badRequest(`Invalid value for ${name}: ${JSON.stringify(value)} is not a boolean.`);
};

/** @throws HttpRefusal 400 where a body came that nobody reads */
export const requireNoBody = (body: unknown): void => {
  const isEmpty = body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
  if (!isEmpty) throw badRequest('No body is taken here.');
};
