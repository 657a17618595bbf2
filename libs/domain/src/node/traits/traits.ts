import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { invalid, requirePresent, requireUnlocked } from '../refusals.js';

export const MOST_TRAITS = 50;

const requireRoom = (node: Node, count: number): void => {
  if (count > MOST_TRAITS) throw invalid(`Node ${node.uuid} has too many traits: the limit is ${MOST_TRAITS}.`);
};

export const setTraits = ({ traits }: { readonly traits: readonly string[] }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  const wanted = [...new Set(traits)].sort();
  requireRoom(node, wanted.length);
  return wanted.join() === node.traits.join() ? [] : [nodeEvent('TraitsSet', { traits: wanted })];
};

export const addTrait = ({ trait }: { readonly trait: string }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  if (node.traits.includes(trait)) return [];
  requireRoom(node, node.traits.length + 1);
  return [nodeEvent('TraitAdded', { trait })];
};

export const removeTrait = ({ trait }: { readonly trait: string }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  if (!node.traits.includes(trait))
    throw new Problem({
      code: 'trait.missing',
      title: 'The node does not have this trait',
      detail: `Node ${node.uuid} doesn't have a trait '${trait}'`,
    });
  return [nodeEvent('TraitRemoved', { trait })];
};
