import { isBag } from '../../api/command.js';
import type { Machine } from '../../machine/machine.js';
import { tryRun } from '../../machine/run-command.js';

export type Tlv = readonly [type: number, hex: string];

const items = (value: unknown): Record<string, unknown>[] =>
  (Array.isArray(value) ? value : [value]).filter(isBag) as Record<string, unknown>[];

const valueOf = (value: unknown): string | undefined => {
  const text = items(value)[0]?.value;
  return typeof text === 'string' ? text : undefined;
};

/** Chassis and port ids carry a subtype in front (IEEE 802.1AB, 8.5.2 and 8.5.3). */
const id = (type: 1 | 2, value: unknown): Tlv[] => {
  const { type: kind, value: text } = items(value)[0] ?? {};
  if (typeof text !== 'string') return [];
  const macSubtype = type === 1 ? '04' : '03';
  if (kind === 'mac') return [[type, macSubtype + text.replaceAll(':', '')]];
  const subtypes = type === 1 ? { local: '07', ifname: '06' } : { ifname: '05', ifalias: '01', local: '07' };
  const subtype = (subtypes as Record<string, string>)[String(kind)] ?? '07';
  return [[type, subtype + Buffer.from(text).toString('hex')]];
};

const text = (type: number, value: unknown): Tlv[] => {
  const found = valueOf(value);
  return found === undefined ? [] : [[type, Buffer.from(found).toString('hex')]];
};

const tlvs = (neighbour: Record<string, unknown>): Tlv[] => {
  const chassis = items(neighbour.chassis)[0] ?? {};
  const port = items(neighbour.port)[0] ?? {};
  return [
    ...id(1, chassis.id),
    ...id(2, port.id),
    ...text(4, port.descr),
    ...text(5, chassis.name),
    ...text(6, chassis.descr),
  ];
};

/**
 * What the switches say, by interface. A process without native code can open no packet socket, so a running lldpd
 * is asked (`lldpctl -f json0`); without one nothing is known. A hardware manager with the method
 * `collect_lldp_data` (it gives the same shape) goes before this.
 */
export const collectLldp = async (machine: Machine): Promise<Record<string, Tlv[]>> => {
  const output = await tryRun(machine.run, 'lldpctl', ['-f', 'json0'], { timeoutMs: 30_000 });
  if (!output) return {};
  const document = JSON.parse(output) as { lldp?: unknown };
  const neighbours = items(document.lldp).flatMap(item => items(item.interface));
  return Object.fromEntries(neighbours.map(neighbour => [String(neighbour.name), tlvs(neighbour)]));
};
