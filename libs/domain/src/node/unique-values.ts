import type { Node } from './node.js';

/** A value that only one node at a time may have. */
export interface UniqueValue {
  readonly kind: 'node-name' | 'instance' | 'mac' | 'port' | 'port-name';
  readonly value: string;
}

/** What the node holds: reserved before the event that takes it, released after the one that gives it up (design 2). */
export const uniqueValues = (node: Node): UniqueValue[] => {
  if (!node.present) return [];
  const { name, instance_uuid } = node.attributes;
  return [
    ...(name ? [{ kind: 'node-name', value: name } as const] : []),
    ...(instance_uuid ? [{ kind: 'instance', value: instance_uuid } as const] : []),
    ...Object.values(node.ports).flatMap(port => [
      { kind: 'mac', value: port.address } as const,
      { kind: 'port', value: port.uuid } as const,
      ...(port.attributes.name ? [{ kind: 'port-name', value: port.attributes.name as string } as const] : []),
    ]),
  ];
};

/** Letters, digits and `-` stay readable in the stream's name; of everything else `_` and the bytes in hex. */
export const reservationStream = ({ kind, value }: UniqueValue): string =>
  `reservation-${kind}-${encodeURIComponent(value).replaceAll('_', '%5F').replaceAll('%', '_')}`;
