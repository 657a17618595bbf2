import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Bag } from '#domain';

const ajv = new Ajv2020({ strict: false, verbose: true });
const validators = new WeakMap<object, ValidateFunction>();

/**
 * Why driver_info (or instance_info) is not what a driver's JSON Schema (2020-12) asks for; undefined when it is. A schema can say it in
 * its own words, by `errorMessage` beside the keyword that is not met. Values are never shown: one may be a password.
 */
export const driverInfoRefusal = (schema: Bag, given: Bag, field = 'driver_info'): string | undefined => {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  if (validate(given)) return undefined;
  const [error] = validate.errors ?? [];
  if (error?.keyword === 'required')
    return `${field} must have '${(error.params as { missingProperty: string }).missingProperty}'`;
  const ownWords = (error?.parentSchema as { errorMessage?: string } | undefined)?.errorMessage;
  return ownWords ?? `${field}${(error?.instancePath ?? '').replaceAll('/', '.')} ${error?.message}`;
};
