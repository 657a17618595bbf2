import type { FastifyRequest } from 'fastify';
import type { Minor } from '#ironic';
import type { PageRequest } from '#read-model';
import { isUuid } from '#domain';
import { badRequest, notAcceptable } from './ironic-error.js';
import { booleanOf } from './validation.js';

/** Query parameters of one request: each may be asked for once, and what nobody asked for is refused. */
export class Query {
  readonly #values: Record<string, string>;
  readonly #asked = new Set<string>();

  constructor(
    request: FastifyRequest,
    private readonly minor: Minor,
  ) {
    const given = (request.query ?? {}) as Record<string, string | string[]>;
    this.#values = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1)! : value]),
    );
  }

  /** @throws HttpRefusal 406 when the version does not know the parameter yet */
  text(name: string, since: Minor = 1): string | undefined {
    this.#asked.add(name);
    const value = this.#values[name];
    if (value !== undefined && this.minor < since)
      throw notAcceptable(`Request not acceptable. The minimal required API version for ${name} should be 1.${since}`);
    return value;
  }

  boolean(name: string, since: Minor = 1): boolean | undefined {
    const value = this.text(name, since);
    return value === undefined ? undefined : booleanOf(value, name);
  }

  uuid(name: string, since: Minor = 1): string | undefined {
    const value = this.text(name, since);
    if (value !== undefined && !isUuid(value)) throw badRequest(`Expected a UUID for ${name} but received ${value}.`);
    return value?.toLowerCase();
  }

  /** Comma-separated, in lower case, each once. */
  list(name: string, since: Minor = 1): string[] | undefined {
    const value = this.text(name, since);
    return value === undefined
      ? undefined
      : [
          ...new Set(
            value
              .toLowerCase()
              .split(',')
              .map(item => item.trim()),
          ),
        ];
  }

  /** Limit, marker and order (Ironic API reference). `isSortable` says whether the version may sort by the key. */
  page(maxLimit: number, isSortable: (key: string) => boolean): PageRequest {
    const limit = this.text('limit');
    const marker = this.text('marker');
    const sortKey = this.text('sort_key');
    const sortDir = this.text('sort_dir') ?? 'asc';
    if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) throw badRequest('Limit must be positive');
    if (sortDir !== 'asc' && sortDir !== 'desc')
      throw badRequest(`Invalid sort direction: ${sortDir}. Acceptable values are 'asc' or 'desc'`);
    if (sortKey !== undefined && sortKey !== 'id' && !isSortable(sortKey))
      throw badRequest(`The sort_key value "${sortKey}" is an invalid field for sorting`);
    return {
      limit: Math.min(Number(limit ?? maxLimit), maxLimit),
      ...(marker !== undefined && { marker: marker.toLowerCase() }),
      ...(sortKey !== undefined && { sortKey }),
      descending: sortDir === 'desc',
    };
  }

  /** @throws HttpRefusal 400 naming what was asked in vain */
  refuseOthers(): void {
    const others = Object.keys(this.#values).filter(name => !this.#asked.has(name));
    if (others.length > 0) throw badRequest(`Unexpected arguments: ${others.join(', ')}`);
  }
}

/** Fields asked for. `links` always come along. */
export const requestedFields = (
  query: Query,
  minor: Minor,
  sinceOf: (field: string) => Minor | undefined,
): string[] | undefined => {
  const fields = query.list('fields', 8);
  if (!fields) return undefined;
  for (const field of fields) {
    const since = sinceOf(field);
    if (since === undefined) throw badRequest(`Field ${field} is not a valid field.`);
    if (since > minor) throw notAcceptable(`Field ${field} needs API version 1.${since}.`);
  }
  return fields;
};
