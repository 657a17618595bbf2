import type { Paint } from '../io.js';
import { table } from './table.js';

export interface Change {
  /** Such as `driver_info.ipmi_address`. */
  readonly field: string;
  /** Undefined where the field is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Members that say where the answer came from, not what the node is. */
const addresses = new Set(['links', 'ports', 'states']);

/** Fields whose values differ, in order of their names. Lists are compared whole. */
export const changesBetween = (before: object, after: object): Change[] => {
  const [left, right] = [flat(before), flat(after)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter(field => JSON.stringify(left.get(field)) !== JSON.stringify(right.get(field)))
    .sort()
    .map(field => ({ field, before: left.get(field), after: right.get(field) }));
};

/** An empty bag has no fields. */
const flat = (value: object, path = '', fields = new Map<string, unknown>()): Map<string, unknown> => {
  for (const [name, item] of Object.entries(value)) {
    if (path === '' && addresses.has(name)) continue;
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) flat(item, `${path}${name}.`, fields);
    else fields.set(path + name, item);
  }
  return fields;
};

export const renderChanges = (changes: readonly Change[], from: string, to: string, paint: Paint): string =>
  table(
    ['field', from, to],
    changes.map(row => rowOf(row, paint)),
    paint,
  );

const rowOf = ({ field, before, after }: Change, paint: Paint): string[] => {
  // "32" and 32 are told apart only where they stand side by side.
  const text = plain(before) === plain(after) ? JSON.stringify : plain;
  return [field, paint.red(short(text(before) ?? '')), paint.green(short(text(after) ?? ''))];
};

const plain = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** A long value is cut: the whole one is in --json. */
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
