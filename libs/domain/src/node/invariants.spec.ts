import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SimulatedNode } from '#testing';
import { aNode } from '#testing';
import { Problem } from '../problem.js';
import type { NodeCommandData, NodeCommandType } from './decide.js';
import type { Node } from './node.js';
import { absentNode } from './node.js';
import { foldNode } from './evolve.js';
import { isProvisionState, isStable } from './provisioning.js';
import { deadlineOf, workOf } from './work.js';

type Move = (node: SimulatedNode) => void;
const send =
  <T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Move =>
  node =>
    node.send(type, data);

/** What leads on, so that walks go far. */
const likely: Readonly<Record<string, number>> = {
  'conductor begins': 16,
  'step done': 16,
  manage: 4,
  provide: 6,
  deploy: 6,
  undeploy: 3,
  'step waits': 3,
  unhold: 3,
};

/** Anything that anybody may send at any time, sensible or not. */
const anyMove: fc.Arbitrary<[string, Move]> = fc.oneof(
  ...Object.entries<Move>({
    enrol: send('EnrolNode', { attributes: { driver: 'test-hardware', name: 'one' }, provisionState: 'enroll' }),
    remove: send('DeleteNode', {}),
    manage: send('ManageNode', {}),
    inspect: send('InspectNode', {}),
    provide: send('ProvideNode', {}),
    clean: send('CleanNode', { steps: [{ step: 'hold' }, { interface: 'deploy', step: 'erase_devices' }] }),
    deploy: send('DeployNode', { steps: [{ interface: 'deploy', step: 'wait', priority: 90 }] }),
    rebuild: send('DeployNode', { rebuild: true }),
    undeploy: send('UndeployNode', {}),
    adopt: send('AdoptNode', {}),
    rescue: send('RescueNode', { rescuePassword: {} }),
    unrescue: send('UnrescueNode', {}),
    service: send('ServiceNode', { steps: [{ step: 'hold' }, { interface: 'deploy', step: 'burn_in' }] }),
    abort: send('AbortOperation', {}),
    unhold: send('UnholdNode', {}),
    'set maintenance': send('SetMaintenance', { reason: 'disk swap' }),
    'clear maintenance': send('ClearMaintenance', {}),
    protect: send('PatchNode', { patch: [{ op: 'replace', path: '/protected', value: true }] }),
    unprotect: send('PatchNode', { patch: [{ op: 'replace', path: '/protected', value: false }] }),
    retire: send('PatchNode', { patch: [{ op: 'replace', path: '/retired', value: true }] }),
    unretire: send('PatchNode', { patch: [{ op: 'remove', path: '/retired' }] }),
    'attach port': send('AttachPort', { uuid: 'p1', address: '52:54:00:00:00:01', attributes: {} }),
    'detach port': send('DetachPort', { uuid: 'p1' }),
    'attach VIF': send('AttachVif', { vif: { id: 'v1' } }),
    'detach VIF': send('DetachVif', { vif: 'v1' }),
    'power on': send('ChangePower', { target: 'power on' }),
    'boot device': send('SetBootDevice', { device: 'pxe', persistent: false }),
    'add trait': send('AddTrait', { trait: 'CUSTOM_GOLD' }),
    'conductor begins': node => void node.begin(),
    'step done': node => node.complete(),
    'step fails': node => node.fail(),
    'step waits': node => node.wait(),
    'time-out': node => node.timeOut(),
    'step lost': node =>
      node.send('LoseStep', {
        ...node.intent,
        problem: { code: 'step.outcome-unknown', title: 'lost', detail: 'lost' },
      }),
    'again by another': node =>
      node.send('BeginStep', {
        conductor: 'conductor-2',
        operation: node.intent.operation,
        index: node.intent.index,
        again: true,
      }),
    'action done': node =>
      node.send('CompleteAction', { action: node.node.action!.id, ...node.node.action!.running!, outcome: {} }),
    'action fails': node =>
      node.send('FailAction', {
        action: node.node.action!.id,
        ...node.node.action!.running!,
        problem: { code: 'hardware.failed', title: 'no', detail: 'no' },
      }),
  }).map(([name, move]) => ({ arbitrary: fc.constant<[string, Move]>([name, move]), weight: likely[name] ?? 1 })),
);

/** What holds of every node after every event, whatever came before. */
const check = (node: Node): void => {
  const say = (claim: string, holds: boolean) => {
    if (!holds) throw new Error(`${claim}: ${JSON.stringify({ ...node, attributes: undefined })}`);
  };
  const { operation, action } = node;
  say('the state is one of the thirty', isProvisionState(node.provisionState));
  say(
    'a stable state has no target, every other has one',
    (node.targetProvisionState === null) === isStable(node.provisionState),
  );
  say('nothing is open in a stable state', !operation || !isStable(node.provisionState));
  say(
    'an operation is running, waiting or held, one at a time',
    !operation || [operation.running, operation.waiting, operation.held || null].filter(Boolean).length <= 1,
  );
  const working = (operation && !operation.waiting && !operation.held) || action;
  say('it is reserved if and only if somebody works on it', (node.reservation !== null) === Boolean(working));
  const work = workOf(node);
  const waits = operation !== null && (operation.waiting !== null || operation.running !== null || !operation.held);
  say('what is open has an owner or a timer', !node.present || !waits || work !== undefined);
  say(
    'a wait has a way out',
    work?.kind !== 'wait' || deadlineOf(work) !== null || work.wait.expects !== 'agent' || work.wait.timeoutMs === 0,
  );
  say(
    'an open intent was made under a claim',
    !operation?.running || (node.claim !== null && operation.running.epoch <= node.claim.epoch),
  );
  say(
    'an absent node has nothing',
    node.present || (Object.keys(node.ports).length === 0 && !operation && !action && node.traits.length === 0),
  );
};

describe('any sequence of commands', () => {
  const seen = new Set<string>();

  it('keeps every invariant, and folds to the same node again', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { minLength: 10, maxLength: 150, size: 'max' }), moves => {
        const node = aNode().enrolled();
        const started = new Map<string, number>();
        for (const [, move] of moves) {
          const before = node.events.length;
          try {
            move(node);
          } catch (error) {
            // Refusals change nothing; a report about nothing is a move that makes no sense.
            if (!(error instanceof Problem) && !(error instanceof TypeError)) throw error;
            if (node.events.length !== before) throw new Error('a refusal left events behind', { cause: error });
          }
          check(node.node);
          seen.add(node.node.provisionState);
          countDestruction(node, before, started);
        }
        const again = foldNode(node.node.uuid, node.events, absentNode(node.node.uuid));
        if (JSON.stringify(again) !== JSON.stringify(node.node)) throw new Error('the fold is another one');
      }),
      { numRuns: 1_500, seed: 20_261_121 },
    );
  });

  it('went through nearly every state', () => {
    expect(seen.size).toBeGreaterThanOrEqual(25);
  });
});

/** Only a conductor that found out that a destructive step had not begun may begin it again: here nobody finds out. */
const countDestruction = (node: SimulatedNode, from: number, started: Map<string, number>): void => {
  for (const { type, data } of node.events.slice(from)) {
    const { operation, index, step, attempt } = data as {
      operation: string;
      index: number;
      step: string;
      attempt: number;
    };
    if (!type.endsWith('StepStarted') || step !== 'erase_devices') continue;
    const key = `${operation}/${index}`;
    if (attempt === 1 && started.has(key)) throw new Error(`${step} was begun twice at its first attempt`);
    started.set(key, attempt);
  }
};
