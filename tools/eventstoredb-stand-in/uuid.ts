import type { WireUuid } from './protocol.js';

export class NotAUuid extends Error {}

const pattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const hexOf = (value: string | undefined): string =>
  BigInt.asUintN(64, BigInt(value ?? 0))
    .toString(16)
    .padStart(16, '0');

/** Lower case, whatever was sent. @throws NotAUuid */
export const uuidOf = (wire: WireUuid | undefined): string => {
  const text = wire?.text?.toLowerCase() ?? dashed(hexOf(wire?.halves?.high) + hexOf(wire?.halves?.low));
  if (!pattern.test(text)) throw new NotAUuid(text);
  return text;
};

const dashed = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');

/** In the form that the client asked for. */
export const wireUuid = (text: string, asHalves = false): WireUuid => {
  if (!asHalves) return { text };
  const hex = text.replaceAll('-', '');
  const signed = (digits: string): string => BigInt.asIntN(64, BigInt(`0x${digits}`)).toString();
  return { halves: { high: signed(hex.slice(0, 16)), low: signed(hex.slice(16)) } };
};
