import type { UniqueValue } from '../reservation.js';
import type { Node } from './node.js';

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
