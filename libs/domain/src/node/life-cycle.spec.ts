import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedNode } from '#testing';
import { aNode } from '#testing';
import { Problem } from '../problem.js';
import type { NodeCommandType } from './decide.js';
import { partsOf } from './families.js';
import { workOf } from './work.js';

const fixture = join(import.meta.dirname, '../../../../../libs/domain/fixtures/ironic-state-machine.json');
const { transitions } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  transitions: { from: string; event: string; to: string }[];
};

/** Everything that people and conductors may do next, whatever the state: the decisions say what is legal. */
const moves: Readonly<Record<string, (node: SimulatedNode) => void>> = {
  manage: node => node.send('ManageNode', {}),
  inspect: node => node.send('InspectNode', {}),
  provide: node => node.send('ProvideNode', {}),
  'clean by hand': node =>
    node.send('CleanNode', { steps: [{ interface: 'deploy', step: 'check', args: { depth: 1 } }] }),
  'clean, with a hold': node =>
    node.send('CleanNode', { steps: [{ step: 'hold' }, { interface: 'deploy', step: 'erase_devices' }] }),
  deploy: node => node.send('DeployNode', {}),
  'deploy, with a hold': node =>
    node.send('DeployNode', { steps: [{ interface: 'deploy', step: 'hold', priority: 90 }] }),
  'deploy, with a wait': node =>
    node.send('DeployNode', { steps: [{ interface: 'deploy', step: 'wait', priority: 90 }] }),
  rebuild: node => node.send('DeployNode', { rebuild: true }),
  undeploy: node => node.send('UndeployNode', {}),
  adopt: node => node.send('AdoptNode', {}),
  rescue: node => node.send('RescueNode', { rescuePassword: {} }),
  unrescue: node => node.send('UnrescueNode', {}),
  service: node => node.send('ServiceNode', { steps: [{ interface: 'deploy', step: 'check' }] }),
  'service, with a hold': node =>
    node.send('ServiceNode', { steps: [{ step: 'hold' }, { interface: 'deploy', step: 'burn_in' }] }),
  abort: node => node.send('AbortOperation', {}),
  unhold: node => node.send('UnholdNode', {}),
  'clear maintenance': node => node.send('ClearMaintenance', {}),
  retire: node => node.send('PatchNode', { patch: [{ op: 'replace', path: '/retired', value: true }] }),
  unretire: node => node.send('PatchNode', { patch: [{ op: 'replace', path: '/retired', value: false }] }),
  'conductor begins': node => void node.begin(),
  'step done': node => node.complete(),
  'step fails': node => node.fail(),
  'step waits': node => node.wait(),
  'time-out': node => node.timeOut(),
};

/** What makes two situations the same as far as the next moves go. */
const situation = ({ node }: SimulatedNode): string => {
  const { operation } = node;
  const ahead = operation?.steps.slice(operation.index).map(({ step }) => step);
  return JSON.stringify([
    node.provisionState,
    node.targetProvisionState,
    node.maintenance !== null,
    node.retirement !== null,
    operation && [
      operation.family,
      operation.mode,
      ahead,
      operation.running !== null,
      operation.waiting?.expects,
      operation.held,
      operation.abortRequested,
    ],
  ]);
};

const replay = (path: readonly string[]): SimulatedNode => {
  const node = aNode().enrolled();
  for (const name of path) moves[name]!(node);
  return node;
};

interface Seen {
  readonly from: string;
  readonly to: string;
  readonly path: readonly string[];
}

/** Walks everything that can be reached by legal moves, breadth first, by replaying its way from an enrolled node. */
const explore = (): { steps: Seen[]; situations: number } => {
  const steps = new Map<string, Seen>();
  const known = new Set<string>();
  let frontier: (readonly string[])[] = [[]];
  while (frontier.length > 0) {
    const next: (readonly string[])[] = [];
    for (const path of frontier)
      for (const name of Object.keys(moves)) {
        const node = replay(path);
        const before = node.events.length;
        let from = node.node.provisionState;
        try {
          moves[name]!(node);
        } catch (error) {
          // Refused by a decision, or a move of a conductor that has nothing to do.
          if (!(error instanceof Problem) && !(error instanceof TypeError)) throw error;
          continue;
        }
        for (const { data } of node.events.slice(before)) {
          const to = (data as { provisionState?: string }).provisionState as typeof from | undefined;
          // The cleaning after a tear-down begins in the state that the tear-down ended in.
          if (to === undefined || to === from) continue;
          if (!steps.has(`${from} → ${to}`)) steps.set(`${from} → ${to}`, { from, to, path: [...path, name] });
          from = to;
        }
        const key = situation(node);
        if (known.has(key)) continue;
        known.add(key);
        next.push([...path, name]);
      }
    frontier = next;
  }
  return { steps: [...steps.values()], situations: known.size };
};

/** Transitions that Ironic's machine has and no command makes: each with the reason. */
const unused: Readonly<Record<string, string>> = {
  'inspect wait → manageable': 'an inspection that waited is resumed first, and then done',
  'wait call-back → deploy hold': 'a hold is reached in the working state, after the wait was resumed',
  'clean wait → clean hold': 'as above',
  'service wait → service hold': 'as above',
  'service failed → service hold': 'a failed service is begun anew',
  'service failed → service wait': 'as above',
};

describe('walking the whole life cycle by decisions', () => {
  const { steps, situations } = explore();
  const legal = new Set(transitions.map(({ from, to }) => `${from} → ${to}`));

  it('makes every transition of Ironic but those with a reason', () => {
    const made = new Set(steps.map(({ from, to }) => `${from} → ${to}`));
    const missing = [...legal].filter(step => !made.has(step));
    expect(missing.sort()).toEqual(Object.keys(unused).sort());
  });

  it('makes no transition that Ironic does not know', () => {
    expect(steps.filter(({ from, to }) => !legal.has(`${from} → ${to}`))).toEqual([]);
  });

  it('goes through a good number of different situations', () => {
    expect(situations).toBeGreaterThan(100);
  });
});

describe('every event of a walk', () => {
  const path = [
    'manage',
    'conductor begins',
    'step done',
    'step done',
    'clean by hand',
    'conductor begins',
    'step waits',
    'abort',
  ];
  const node = replay(path);

  it('is of a type that its family knows', () => {
    for (const { type } of node.events)
      expect([type, partsOf(type) !== undefined || type === 'NodeEnrolled' || type === 'NodeClaimed']).toEqual([
        type,
        true,
      ]);
  });

  it('ends with nothing open', () => {
    expect(node.node.provisionState).toBe('clean failed');
    expect(workOf(node.node)).toBeUndefined();
    expect(node.node.reservation).toBeNull();
  });
});

const commandsOfPeople: readonly NodeCommandType[] = [
  'ManageNode',
  'ProvideNode',
  'DeployNode',
  'UndeployNode',
  'InspectNode',
  'AdoptNode',
  'ChangePower',
];

describe('a node that is being worked on', () => {
  it.each(commandsOfPeople)('refuses %s as locked', type => {
    const node = aNode().manageable();
    node.send('InspectNode', {});
    const data = type === 'ChangePower' ? { target: 'power on' } : {};
    expect(() => node.send(type, data as never)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ code: 'node.locked' }) }),
    );
  });
});
