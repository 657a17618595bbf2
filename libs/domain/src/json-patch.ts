/**
 * The part of RFC 6902 that Ironic takes: add, replace and remove (Ironic API reference). Pure: the document given is
 * left as it is. Keys that would reach into a prototype are refused.
 */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  /** JSON pointer, `/name/key`. */
  readonly path: string;
  readonly value?: unknown;
}

export class PatchRefused extends Error {}

type Json = Record<string, unknown> | unknown[];
const isContainer = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/** Reference tokens of a JSON pointer (RFC 6901 section 3). */
export const tokensOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));

export const applyPatch = (
  document: Record<string, unknown>,
  operations: readonly PatchOperation[],
): Record<string, unknown> =>
  operations.reduce(
    (current, operation) => apply(current, tokensOf(operation.path), operation) as Record<string, unknown>,
    document,
  );

const apply = (target: unknown, [token, ...rest]: string[], operation: PatchOperation): Json => {
  if (token === undefined || forbidden.has(token) || !isContainer(target)) throw refused(operation);
  if (Array.isArray(target)) return applyToArray(target, token, rest, operation);
  const exists = Object.hasOwn(target, token);
  if (rest.length > 0) {
    if (!exists) throw refused(operation);
    return { ...target, [token]: apply(target[token], rest, operation) };
  }
  if (operation.op !== 'add' && !exists) throw refused(operation);
  if (operation.op !== 'remove') return { ...target, [token]: operation.value };
  const { [token]: _removed, ...others } = target;
  return others;
};

const applyToArray = (target: unknown[], token: string, rest: string[], operation: PatchOperation): unknown[] => {
  const index = token === '-' && operation.op === 'add' && rest.length === 0 ? target.length : Number(token);
  const last = operation.op === 'add' && rest.length === 0 ? target.length : target.length - 1;
  if (!/^(-|\d+)$/.test(token) || !(index >= 0 && index <= last)) throw refused(operation);
  if (rest.length > 0) return target.with(index, apply(target[index], rest, operation));
  if (operation.op === 'remove') return target.toSpliced(index, 1);
  return operation.op === 'add' ? target.toSpliced(index, 0, operation.value) : target.with(index, operation.value);
};

const refused = ({ op, path }: PatchOperation): PatchRefused =>
  new PatchRefused(`Couldn't apply patch: cannot ${op} ${path}: there is no such place in the document.`);
