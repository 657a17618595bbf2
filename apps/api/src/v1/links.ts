/** Every resource's own address, with and without the version (Ironic API reference). */
export const links = (base: string, collection: string, id: string, rest = ''): string =>
  `[{"href":"${base}/v1/${collection}/${id}${rest}","rel":"self"},{"href":"${base}/${collection}/${id}${rest}","rel":"bookmark"}]`;

/** The page after this one, or nothing where this is the last. */
export const nextPage = (
  base: string,
  path: string,
  lastId: string | undefined,
  count: number,
  limit: number,
  keep: Readonly<Record<string, string | undefined>>,
): string => {
  if (count < limit || lastId === undefined) return '';
  const query = Object.entries({ ...keep, limit: String(limit), marker: lastId })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value!)}`);
  return `,"next":${JSON.stringify(`${base}/v1/${path}?${query.join('&')}`)}`;
};
