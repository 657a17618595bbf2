/**
 * A serialised object whose members stand in a known order, with the place of each: what a request may see is cut out
 * of the text, nothing is parsed. `text` is the inside of a JSON object, without its braces.
 */
export interface RowText {
  readonly text: string;
  /** Start of every member's `"name":`, as 32-bit little-endian numbers. */
  readonly offsets: Buffer;
}

export const rowText = (names: readonly string[], values: readonly unknown[]): RowText => {
  const offsets = Buffer.allocUnsafe(names.length * 4);
  let text = '';
  for (const [index, name] of names.entries()) {
    if (index > 0) text += ',';
    offsets.writeUInt32LE(text.length, index * 4);
    text += `"${name}":${JSON.stringify(values[index] ?? null)}`;
  }
  return { text, offsets };
};

/** The first `count` members. */
export const firstMembers = ({ text, offsets }: RowText, count: number): string =>
  count * 4 >= offsets.length ? text : count === 0 ? '' : text.slice(0, offsets.readUInt32LE(count * 4) - 1);

/** Member number `index`, name and all. */
export const member = ({ text, offsets }: RowText, index: number): string => {
  const end = (index + 1) * 4 < offsets.length ? offsets.readUInt32LE((index + 1) * 4) - 1 : text.length;
  return text.slice(offsets.readUInt32LE(index * 4), end);
};

/** The same text with `more` members put at the end of the object that member number `index` is. */
export const extendedMember = (row: RowText, index: number, more: string): RowText => {
  const before = member(row, index);
  const separator = before.endsWith(':{}') ? '' : ',';
  const after = `${before.slice(0, -1)}${separator}${more}}`;
  const start = row.offsets.readUInt32LE(index * 4);
  const text = row.text.slice(0, start) + after + row.text.slice(start + before.length);
  const offsets = Buffer.from(row.offsets);
  for (let at = (index + 1) * 4; at < offsets.length; at += 4)
    offsets.writeUInt32LE(offsets.readUInt32LE(at) + after.length - before.length, at);
  return { text, offsets };
};
