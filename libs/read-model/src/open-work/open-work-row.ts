import type { Node } from '#domain';
import { deadlineOf, workOf } from '#domain';
import type { OpenWorkRow } from '../schema/entities.js';

/** What is under way or waiting on the node, or undefined when nothing is: a conductor that comes to own it looks here. */
export const openWorkRow = (node: Node): OpenWorkRow | undefined => {
  const work = workOf(node);
  return (
    work && {
      node_uuid: node.uuid,
      conductor_group: node.attributes.conductor_group,
      hardware_type: node.attributes.driver,
      kind: work.kind,
      epoch: node.claim?.epoch ?? null,
      deadline: deadlineOf(work),
    }
  );
};
