import type { Command } from 'commander';
import type { Configuration, Setting } from '#configuration';
import { isSecret, readConfiguration, withoutPassword } from '#configuration';
import type { Io } from '../io.js';
import { table } from '../render/table.js';
import { withJson } from '../server/server-options.js';
import type { ServeOptions } from './serve-options.js';
import { sourcesIn, withConfiguration } from './serve-options.js';

export const addConfig = (program: Command, io: Io): void => {
  const command = program
    .command('config')
    .description('Prints the configuration that serve would run with, and where each value came from.');
  withJson(withConfiguration(command)).action(({ json, ...options }: ServeOptions & { json?: boolean }) => {
    const { configuration, settings } = readConfiguration(sourcesIn(options, io));
    const inForce = settings.map(setting => ({ ...setting, value: valueOf(setting, configuration) }));
    if (json) io.out(JSON.stringify(inForce, null, 2));
    else io.out(table(['option', 'value', 'from'], inForce.map(row), io.paint));
  });
};

/** Some defaults depend on others, or on the machine: what came of them is what counts. */
const valueOf = ({ name, value }: Setting, configuration: Configuration): unknown =>
  shown(name, (configuration as unknown as Record<string, unknown>)[name] ?? value);

const shown = (name: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  return isSecret(name) ? '***' : withoutPassword(value);
};

const row = ({ name, value, origin }: Setting): string[] => [
  name,
  value === null ? '' : typeof value === 'string' && value !== '' ? value : JSON.stringify(value),
  origin,
];
