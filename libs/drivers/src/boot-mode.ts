import type { Bag } from '#domain';
import type { Effect } from './hardware-type.js';

/**
 * Whether the machine is to boot by UEFI: boot flags say so. What the instance wants comes first, then the node, then
 * what the machine was seen to do; UEFI where nobody says (Ironic, deployment).
 */
export const bootsByUefi = ({ node, instanceInfo }: Pick<Effect, 'node' | 'instanceInfo'>): boolean => {
  const ofInstance = capabilitiesOf(instanceInfo.capabilities);
  const ofNode = capabilitiesOf(node.attributes.properties.capabilities);
  if (/^true$/i.test(String(ofInstance.secure_boot ?? ofNode.secure_boot))) return true;
  const mode = ofInstance.boot_mode ?? instanceInfo.deploy_boot_mode ?? ofNode.boot_mode ?? node.boot.mode;
  return mode !== 'bios';
};

/** Clients write them as `name:value,name:value`, as an object, or as the JSON text of one. */
const capabilitiesOf = (value: unknown): Bag => {
  if (typeof value === 'object' && value !== null) return value as Bag;
  if (typeof value !== 'string') return {};
  if (value.trim().startsWith('{')) return parsed(value);
  const pairs = value.split(',').map(pair => pair.split(':').map(part => part.trim()));
  return Object.fromEntries(pairs.filter(pair => pair.length === 2)) as Bag;
};

const parsed = (text: string): Bag => {
  try {
    return JSON.parse(text) as Bag;
  } catch {
    return {};
  }
};
