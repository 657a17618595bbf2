import type { Command } from 'commander';
import type { OptionSchema, Sources } from '#configuration';
import { configurationSchema, flagOf, optionNames, variableOf } from '#configuration';
import type { Io } from '../io.js';

/** By option name; `config` is the file. */
export type ServeOptions = Readonly<Record<string, unknown>> & { readonly config?: string };

/** One flag for every option of schemas/config/ferrolog.json. What they may be is judged there, not here. */
export const withConfiguration = (command: Command): Command => {
  command.option('--config <file>', 'YAML file with options, by their names in camelCase. Also FERROLOG_CONFIG.');
  for (const name of optionNames) {
    const schema = configurationSchema.properties[name]!;
    command.option(`--${flagOf(name)} ${valueIn(schema)}`, describe(name, schema));
  }
  return command;
};

const valueIn = ({ type }: OptionSchema): string => {
  if (type === 'boolean') return '[true|false]';
  if (type === 'array') return '<list>';
  return type === 'string' ? '<text>' : '<number>';
};

const describe = (name: string, { description, default: otherwise, enum: choices }: OptionSchema): string =>
  [
    description,
    ...(choices ? [`One of ${choices.join(', ')}.`] : []),
    ...(otherwise === undefined || otherwise === '' ? [] : [`Default: ${String(otherwise)}.`]),
    `Also ${variableOf(name)}.`,
  ].join(' ');

export const sourcesIn = ({ config: file, ...flags }: ServeOptions, { environment }: Io): Sources => ({
  flags,
  environment,
  file,
});
