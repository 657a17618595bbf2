import type { EnrolNode, NodeAttributes } from '#domain';
import { defaultAttributes, isUuid } from '#domain';
import type { Minor } from '#ironic';
import { nodeFieldSince } from '#ironic';
import { notAcceptable } from '../../http/ironic-error.js';
import { booleanOf, checked } from '../../http/validation.js';
import { requireName } from './node-ident.js';

type Body = Record<string, unknown> & { readonly driver: string };

/** Fields newer than the version are refused, unless they say nothing (Ironic API reference). */
export const requireKnown = (fields: Record<string, unknown>, minor: Minor): void => {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || (name === 'conductor_group' && value === '')) continue;
    const since = nodeFieldSince(name);
    if (since !== undefined && since > minor) throw notAcceptable(`Field ${name} needs API version 1.${since}.`);
  }
};

/** A body of POST /v1/nodes as a command. */
export const enrolment = (body: unknown, minor: Minor): { readonly uuid: string | null; readonly data: EnrolNode } => {
  const given = checked<Body>('node-create', body);
  requireKnown(given, minor);
  if (typeof given.name === 'string') requireName(given.name);
  const flag = (name: string) =>
    given[name] === undefined || given[name] === null ? undefined : booleanOf(given[name], name);
  const names = Object.keys(defaultAttributes).filter(name => given[name] !== undefined && given[name] !== null);
  const attributes = Object.fromEntries(
    names.map(name => [
      name,
      name === 'automated_clean' || name === 'disable_power_off' ? flag(name) : lowerUuid(name, given[name]),
    ]),
  );
  const data = {
    attributes: attributes as Partial<NodeAttributes> & { driver: string },
    provisionState: minor >= 11 ? 'enroll' : 'available',
    maintenance: flag('maintenance'),
    retired: flag('retired'),
    retiredReason: given.retired_reason,
    bootMode: given.boot_mode,
    secureBoot: flag('secure_boot'),
    consoleEnabled: flag('console_enabled'),
  };
  const said = Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined),
  ) as unknown as EnrolNode;
  return { uuid: (given.uuid as string | undefined)?.toLowerCase() ?? null, data: said };
};

const lowerUuid = (name: string, value: unknown): unknown =>
  /uuid$|^parent_node$/.test(name) && isUuid(value) ? value.toLowerCase() : value;
