import type { Aggregate } from '../aggregate.js';
import type { NodeCommand } from './decide.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import type { Node } from './node.js';
import { absentNode, nodeStream } from './node.js';
import type { Surroundings } from './surroundings.js';
import { uniqueValues } from './unique-values.js';

export const nodeAggregate: Aggregate<Node, NodeCommand, Surroundings> = {
  stream: nodeStream,
  initial: absentNode,
  evolve,
  decide,
  uniqueValues,
  /** Where the node's work goes; a move carries where it went before. */
  metadata: (before, after) => {
    const place = after.present ? after : before;
    const { conductor_group: group, driver } = place.attributes;
    const was = before.attributes;
    return {
      conductorGroup: group,
      hardwareType: driver,
      ...(before.present && was.conductor_group !== group && { previousConductorGroup: was.conductor_group }),
      ...(before.present && was.driver !== driver && { previousHardwareType: was.driver }),
    };
  },
};
