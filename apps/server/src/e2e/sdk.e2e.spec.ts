import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { programs, ROOT, runClient } from './stock-client.js';

const WALK = join(ROOT, 'apps/server/src/e2e/sdk_walk.py');

/** One walk of openstacksdk 4.22.0 with one node, step by step: what each step does and expects is in sdk_walk.py. */
describe('openstacksdk', () => {
  const outcomes = new Map<string, string | null>();
  let server: FerrologProcess;
  beforeAll(async () => {
    server = await startFerrolog();
    const { code, output, complaint } = await runClient(programs.python, [WALK, server.url], server.url);
    if (code !== 0) throw new Error(`The walk broke off:\n${complaint}`);
    for (const line of output.trim().split('\n')) {
      const { step, error } = JSON.parse(line) as { step: string; error: string | null };
      outcomes.set(step, error);
    }
  });
  afterAll(() => server.stop());

  const steps = [
    'lists_drivers',
    'lists_conductors',
    'creates_a_chassis',
    'creates_a_node',
    'creates_a_node_that_is_managed',
    'finds_nodes',
    'lists_nodes_by_what_they_are',
    'pages_through_nodes',
    'updates_and_patches_a_node',
    'refuses_a_second_node_of_the_same_name',
    'creates_ports',
    'sets_traits',
    'manages_a_node',
    'validates_a_node',
    'switches_power',
    'sets_maintenance',
    'sets_what_a_node_boots',
    'inspects_a_node',
    'cleans_a_node',
    'sees_a_clean_step_fail',
    'lists_firmware',
    'attaches_virtual_media',
    'provides_a_node',
    'attaches_vifs',
    'deploys_a_node',
    'rebuilds_a_node',
    'uses_the_console',
    'calls_methods_of_the_vendor',
    'rescues_a_node',
    'services_a_node',
    'refuses_a_verb_out_of_place',
    'undeploys_a_node',
    'reads_the_history',
    'deletes_everything',
  ];
  it.each(steps)('%s', step => {
    expect(outcomes.get(step)).toBeNull();
  });

  it('was walked to its end', () => {
    expect([...outcomes.keys()]).toEqual(steps);
  });
});
