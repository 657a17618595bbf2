import type { BootServices, Node } from '#domain';
import { interfaceOf } from '#domain';

/**
 * Boot services keep what is prepared over restarts: what belongs to machines that boot nothing from here any more
 * (deleted nodes, operations that others have ended) is withdrawn before this conductor begins to work.
 */
export const withdrawOrphans = async (
  boot: BootServices,
  nodes: { load(uuid: string): Promise<Node> },
): Promise<void> => {
  for (const uuid of await boot.prepared()) {
    const node = await nodes.load(uuid);
    if (!bootsFromHere(node)) await boot.withdraw(uuid);
  }
};

const withoutInstance = ['enroll', 'verifying', 'manageable', 'available'];

/** Into a ramdisk of an operation, or into its instance each time it starts. */
const bootsFromHere = (node: Node): boolean =>
  node.present &&
  (node.ramdisk !== null ||
    (interfaceOf(node, 'deploy') === 'ramdisk' && !withoutInstance.includes(node.provisionState)));
