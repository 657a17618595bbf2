import type { SelectQueryBuilder } from 'typeorm';
import { dialectOf } from './schema/dialect.js';

/** A page of a list in Ironic's terms: rows after the one named, in the order of a column, ties by age. */
export interface PageRequest {
  readonly limit: number;
  /** Uuid of the last row of the page before. */
  readonly marker?: string;
  /** Column, or member of the row's JSON; age where none is given. */
  readonly sortKey?: string;
  readonly descending?: boolean;
}

/** The marker names a row that is not there. */
export class MarkerMissing extends Error {}

interface Sortable {
  readonly columns: ReadonlySet<string>;
  /** Expression of what is no column. */
  readonly member: (name: string) => string;
}

const safeName = /^[a-z_]+$/;

/** Puts order, limit and the place to begin at to a query whose table is known as `row`. */
export const paged = async <Row extends object>(
  query: SelectQueryBuilder<Row>,
  { limit, marker, sortKey = 'id', descending = false }: PageRequest,
  { columns, member }: Sortable,
): Promise<SelectQueryBuilder<Row>> => {
  if (!safeName.test(sortKey)) throw new RangeError(`no column can be named ${sortKey}`);
  const key = sortKey === 'id' || columns.has(sortKey) ? `row.${sortKey}` : member(sortKey);
  if (marker !== undefined) {
    const last = await query.connection
      .createQueryBuilder()
      .select('row.id', 'id')
      .addSelect(key, 'value')
      .from(query.expressionMap.mainAlias!.target, 'row')
      .where('row.uuid = :uuid', { uuid: marker })
      .getRawOne<{ id: number; value: unknown }>();
    if (!last) throw new MarkerMissing(marker);
    query.andWhere(after(key, sortKey === 'id', last.value === null, descending), {
      markerId: last.id,
      markerValue: last.value,
    });
  }
  if (sortKey === 'id') query.orderBy(key, descending ? 'DESC' : 'ASC');
  else {
    // Said, because databases differ in what they do of themselves.
    if (descending) query.orderBy(key, 'DESC', 'NULLS LAST');
    else query.orderBy(key, 'ASC', 'NULLS FIRST');
    query.addOrderBy('row.id', 'ASC');
  }
  return query.limit(limit);
};

/** Nulls sort before everything. */
const after = (key: string, byAge: boolean, markerIsNull: boolean, descending: boolean): string => {
  if (byAge) return descending ? 'row.id < :markerId' : 'row.id > :markerId';
  const tied = markerIsNull
    ? `(${key} IS NULL AND row.id > :markerId)`
    : `(${key} = :markerValue AND row.id > :markerId)`;
  if (markerIsNull) return descending ? tied : `(${tied} OR ${key} IS NOT NULL)`;
  return descending ? `(${tied} OR ${key} < :markerValue OR ${key} IS NULL)` : `(${tied} OR ${key} > :markerValue)`;
};

/** Where there are no values, there are no rows: not every database knows an empty list. */
export const isOneOf = <Row extends object>(
  query: SelectQueryBuilder<Row>,
  column: string,
  name: string,
  values: readonly string[],
): unknown =>
  values.length === 0 ? query.andWhere('1 = 0') : query.andWhere(`${column} IN (:...${name})`, { [name]: values });

/** The text contains the part, whatever the case of ASCII letters. */
export const contains = <Row extends object>(query: SelectQueryBuilder<Row>, column: string, part: string): unknown =>
  query.andWhere(`${column} ${dialectOf(query.connection).like} :part ESCAPE '\\'`, {
    part: `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`,
  });
