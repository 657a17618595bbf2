import type { SelectQueryBuilder } from 'typeorm';

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
  /** Expression of a JSON member of the row that is no column. */
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
  query.orderBy(key, descending ? 'DESC' : 'ASC');
  if (sortKey !== 'id') query.addOrderBy('row.id', 'ASC');
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
