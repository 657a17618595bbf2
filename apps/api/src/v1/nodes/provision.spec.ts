import { describe, expect, it } from '@jest/globals';
import { targetsIn } from './provision.js';

const target = (target: string, state: string, towards: string | null, ...needs: string[]) => ({
  target,
  provision_state: state,
  target_provision_state: towards,
  needs,
});

describe('targetsIn', () => {
  it('names what clients may ask for, where it leads and what it needs', () => {
    expect(targetsIn('manageable')).toEqual([
      target('provide', 'cleaning', 'available'),
      target('inspect', 'inspecting', 'manageable'),
      target('clean', 'cleaning', 'manageable', 'clean_steps'),
      target('adopt', 'adopting', 'active'),
    ]);
  });

  it('names each target once, and none while only the conductor can move the node', () => {
    expect(targetsIn('available')).toEqual([
      target('active', 'deploying', 'active'),
      target('manage', 'manageable', null),
    ]);
    expect(targetsIn('verifying')).toEqual([]);
  });
});
