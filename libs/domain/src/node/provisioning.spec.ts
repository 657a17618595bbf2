import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getShortestPaths } from 'xstate/graph';
import type { Verb } from './provisioning.js';
import { isStable, move, provisioning, provisionStates, verbsOf } from './provisioning.js';

const fixture = join(import.meta.dirname, '../../../../../libs/domain/fixtures/ironic-state-machine.json');
const ironic = JSON.parse(readFileSync(fixture, 'utf8')) as {
  states: { name: string; stable: boolean; target: string | null }[];
  transitions: { from: string; event: Verb; to: string }[];
};

describe('the life cycle', () => {
  it('has the 30 states of Ironic and no other', () => {
    expect(ironic.states).toHaveLength(30);
    expect([...provisionStates].sort()).toEqual(ironic.states.map(({ name }) => name).sort());
  });

  it.each(ironic.states)('$name is stable: $stable, on its way to $target', ({ name, stable, target }) => {
    expect(isStable(name as never)).toBe(stable);
    const into = ironic.transitions.find(({ to }) => to === name);
    if (into) expect(move(into.from as never, into.event)?.targetProvisionState).toBe(stable ? null : target);
  });

  it.each(ironic.transitions)('$from --$event--> $to', ({ from, event, to }) => {
    expect(move(from as never, event)?.provisionState).toBe(to);
  });

  it('has the 93 transitions of Ironic and no other', () => {
    const ours = provisionStates.flatMap(from =>
      verbsOf(from).map(event => `${from} --${event}--> ${move(from, event)!.provisionState}`),
    );
    const theirs = ironic.transitions.map(({ from, event, to }) => `${from} --${event}--> ${to}`);
    expect(theirs).toHaveLength(93);
    expect(ours.sort()).toEqual(theirs.sort());
  });

  it('refuses every other verb in every state', () => {
    const verbs = [...new Set(ironic.transitions.map(({ event }) => event))];
    expect(verbs).toHaveLength(18);
    const legal = new Set(ironic.transitions.map(({ from, event }) => `${from}/${event}`));
    for (const from of provisionStates)
      for (const verb of verbs)
        expect([from, verb, move(from, verb) !== undefined]).toEqual([from, verb, legal.has(`${from}/${verb}`)]);
  });

  it('leads from enroll to every state', () => {
    const reached = new Set(getShortestPaths(provisioning).map(({ state }) => state.value));
    expect(reached.size).toBe(30);
  });
});
