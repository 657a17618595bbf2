import { expect } from '@jest/globals';
import type { NodeCommandData, NodeCommandType, ProblemCode } from '#domain';
import { Problem } from '#domain';
import type { SimulatedNode } from './simulated-node.js';

/** Given a node, when a command comes, then these events, nothing, or a problem. */
export const given = (node: SimulatedNode) => ({
  when: <T extends NodeCommandType>(type: T, data: NodeCommandData<T>) => ({
    /** Exactly these types, in this order. Answers their data. */
    then: (...types: string[]): object[] => {
      const events = node.send(type, data);
      expect(events.map(event => event.type)).toEqual(types);
      return events.map(event => event.data);
    },
    thenNothingHappens: (): void => expect(node.send(type, data)).toEqual([]),
    /** Refused, with this code; the node is as it was. */
    thenProblem: (code: ProblemCode, detail: RegExp | string = ''): void => {
      const before = node.events.length;
      try {
        node.send(type, data);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
        expect((error as Problem).code).toBe(code);
        expect((error as Problem).message).toMatch(detail);
        expect(node.events).toHaveLength(before);
        return;
      }
      throw new Error(`${type} was not refused`);
    },
  }),
});
