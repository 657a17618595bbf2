import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of contracts at the root of the repository, seen from dist/libs/schemas/src. */
export const schemasFolder = join(import.meta.dirname, '../../../../schemas');

export type JsonSchema = { readonly [key: string]: unknown };

export const readSchema = (path: string): JsonSchema =>
  JSON.parse(readFileSync(join(schemasFolder, path), 'utf8')) as JsonSchema;

/** Every schema below a folder of schemas/, in the order of their paths. */
export const readSchemas = (folder: string): JsonSchema[] =>
  readdirSync(join(schemasFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => readSchema(join(folder, file)));
