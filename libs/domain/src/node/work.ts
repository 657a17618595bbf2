import { later } from '../time.js';
import type { Action, Node, Operation, Ramdisk, Wait } from './node.js';

/** What a conductor has to do about a node, read off the folded stream: nothing else says what is open. */
export type Work =
  /** The plan goes on with its next step. */
  | { readonly kind: 'begin step'; readonly operation: Operation }
  /** An intent is open: somebody is at it, or was when it died. */
  | { readonly kind: 'step running'; readonly operation: Operation }
  /** Nobody has to be waited for. */
  | { readonly kind: 'resume'; readonly operation: Operation }
  /** A sign of life is waited for. */
  | { readonly kind: 'wait'; readonly operation: Operation; readonly wait: Wait }
  /** An operation has ended with its ramdisk still there. */
  | { readonly kind: 'remove ramdisk'; readonly ramdisk: Ramdisk }
  | { readonly kind: 'begin action'; readonly action: Action }
  | { readonly kind: 'action running'; readonly action: Action };

export const workOf = (node: Node): Work | undefined => {
  const { action, operation } = node;
  if (!node.present) return undefined;
  if (action) return { kind: action.running ? 'action running' : 'begin action', action };
  if (!operation) return node.ramdisk ? { kind: 'remove ramdisk', ramdisk: node.ramdisk } : undefined;
  if (operation.held) return undefined;
  if (operation.running) return { kind: 'step running', operation };
  if (!operation.waiting) return { kind: 'begin step', operation };
  return operation.waiting.expects === 'nothing'
    ? { kind: 'resume', operation }
    : { kind: 'wait', operation, wait: operation.waiting };
};

/** When something has to be done about it at the latest, by the record alone; null: only when asked. */
export const deadlineOf = (work: Work): string | null => {
  switch (work.kind) {
    case 'wait':
      return work.wait.timeoutMs > 0 ? later(work.wait.since, work.wait.timeoutMs) : null;
    case 'begin action':
    case 'action running':
      return work.action.deadline;
    default:
      return null;
  }
};
