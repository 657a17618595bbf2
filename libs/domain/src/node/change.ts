import type { RecordedEvent } from '../ports/event-store.js';
import type { Bag, Node, NodeAttributes } from './node.js';
import { defaultAttributes } from './node.js';
import type { ProvisionState } from './provisioning.js';

/** What a fact changes. Records, never refuses: an old stream folds to the same node after the rules have changed. */
export type Change = Partial<Node>;

/** The provision state that an event carries, or nothing where it carries none. */
export const moved = (
  data: { provisionState?: string; targetProvisionState?: string | null },
  event: RecordedEvent,
): Change =>
  data.provisionState === undefined
    ? {}
    : {
        provisionState: data.provisionState as ProvisionState,
        targetProvisionState: (data.targetProvisionState ?? null) as ProvisionState | null,
        provisionUpdatedAt: event.recorded,
      };

/** `null` gives an attribute its default back. */
export const withAttributes = (node: Node, changes: Bag | undefined): Change => {
  if (!changes) return {};
  const attributes: Record<string, unknown> = { ...node.attributes };
  for (const [name, value] of Object.entries(changes))
    attributes[name] = value === null ? defaultAttributes[name as keyof NodeAttributes] : value;
  return { attributes: attributes as unknown as NodeAttributes };
};

/** Every port without its VIF: what the end of an instance leaves. */
export const withoutVifs = (ports: Node['ports'], recorded: string): Node['ports'] =>
  Object.values(ports).some(({ vif }) => vif)
    ? Object.fromEntries(
        Object.entries(ports).map(([uuid, port]) => [
          uuid,
          port.vif ? { ...port, vif: null, updatedAt: recorded } : port,
        ]),
      )
    : ports;
