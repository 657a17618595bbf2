import { readSchema } from '#schemas';

/** One thing that can be set, as its schema describes it. */
export interface OptionSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** A secret: it is read and never shown. */
  readonly writeOnly?: boolean;
}

export const configurationSchema = readSchema('config/ferrolog.json') as unknown as {
  readonly properties: Readonly<Record<string, OptionSchema>>;
};

export const optionNames = Object.keys(configurationSchema.properties);

/** Whether values of the option may not be seen. */
export const isSecret = (name: string): boolean => configurationSchema.properties[name]?.writeOnly === true;

/** `maxConcurrentDeploy` as `max-concurrent-deploy`. */
export const flagOf = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
/** … and as `FERROLOG_MAX_CONCURRENT_DEPLOY`. */
export const variableOf = (name: string): string => `FERROLOG_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
