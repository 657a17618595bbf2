import { Problem } from '../../problem.js';
import type { ProblemDetails } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { operationEvent } from '../families.js';
import type { Node, Operation } from '../node.js';
import { fail } from '../operation/continue.js';
import { locked, requireMove, requirePresent, wrongState } from '../refusals.js';

/**
 * Ends a wait or a hold by request. A step that may not be interrupted is let finish first; service goes back to the
 * instance (Ironic, state machine).
 */
export const abortOperation = (_data: object, node: Node): NodeEvent[] => {
  requirePresent(node);
  const next = requireMove(node, 'abort');
  if (node.provisionState === 'service failed') return [serviceGivenUp(node, node.operation?.id ?? '')];
  const operation = node.operation;
  if (!operation) throw wrongState(node, 'abort');
  const step = operation.steps[operation.index];
  if (operation.family !== 'Inspection' && operation.family !== 'Rescue' && step && !step.abortable && !operation.held)
    return operation.abortRequested
      ? []
      : [operationEvent(operation.family, 'AbortRequested', { operation: operation.id })];
  const problem = abortedByRequest(operation);
  if (operation.family !== 'Service') return fail(node, operation, 'Aborted', problem);
  // Ironic makes two transitions of it: the service fails, and the failure is aborted towards the instance.
  const failed = operationEvent('Service', 'Failed', {
    operation: operation.id,
    provisionState: next.provisionState,
    targetProvisionState: next.targetProvisionState,
    problem,
  });
  return [failed, serviceGivenUp(node, operation.id, problem)];
};

const serviceGivenUp = (node: Node, operation: string, problem?: ProblemDetails): NodeEvent => {
  if (node.provisionState === 'service failed' && node.maintenance)
    throw new Problem({
      code: 'node.busy',
      title: 'The node is in maintenance',
      detail: `Node ${node.uuid} cannot leave "service failed" while it is in maintenance.`,
      hint: 'Clear the maintenance first.',
    });
  return operationEvent('Service', 'Aborted', {
    operation,
    provisionState: 'active',
    targetProvisionState: null,
    problem: problem ?? { ...byRequest, detail: 'By request, the service operation was aborted.' },
  });
};

/** The operation is over by request: now, or as soon as its step ended. */
export const abortedByRequest = ({ family, steps, index }: Operation): ProblemDetails => {
  if (family === 'Inspection') return { ...byRequest, detail: 'Inspection was aborted by request.' };
  const step = steps[index];
  const during = step ? ` during or after the completion of step "${step.interface}.${step.step}"` : '';
  const noun =
    { Cleaning: 'clean', Deployment: 'deploy', Service: 'service' }[family as string] ?? family.toLowerCase();
  return { ...byRequest, detail: `By request, the ${noun} operation was aborted${during}.` };
};

const byRequest = {
  code: 'operation.aborted',
  title: 'Aborted by request',
  hint: 'Somebody asked for it: the event names who. Start the operation again when the reason is gone.',
} as const;

/** Lets a held node go on. */
export const unholdNode = (_data: object, node: Node): NodeEvent[] => {
  requirePresent(node);
  const next = requireMove(node, 'unhold');
  const operation = node.operation;
  if (!operation) throw node.reservation ? locked(node) : wrongState(node, 'unhold');
  return [
    operationEvent(operation.family, 'Released', {
      operation: operation.id,
      ...next,
      ...(operation.mode === 'manual' && { targetProvisionState: 'manageable' }),
      // Where an agent runs, its next heartbeat goes on; where none does, nobody has to be waited for.
      expects: node.agent?.connected && operation.family !== 'Service' ? 'agent' : 'nothing',
      timeoutMs: 0,
    }),
  ];
};
