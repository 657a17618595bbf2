import { describe, expect, it } from '@jest/globals';
import { aNode } from '../contracts/an-effect.js';
import { aBench, closeBenches, type Bench } from './test-bench.js';

closeBenches();

const run = ({ deploy, effect, driverInfo }: Bench, kind: 'core' | 'deploy', name: string, given = {}) =>
  deploy.steps![kind]!.find(({ manifest }) => manifest.step === name)!.run(effect({}, { driverInfo, ...given }));

describe('A deployment by power alone', () => {
  it('boots once from the network, then for ever from the disk', async () => {
    const bench = await aBench();
    expect(bench.deploy.steps!.deploy!.map(({ manifest }) => [manifest.step, manifest.priority])).toEqual([
      ['deploy', 100],
      ['boot_instance', 20],
    ]);
    expect(await run(bench, 'deploy', 'deploy')).toEqual({ done: { powerState: 'power on' } });
    expect(await run(bench, 'deploy', 'boot_instance')).toEqual({ done: { powerState: 'power on' } });
    expect(bench.bmc.boots).toMatchObject([
      { device: 'pxe', persistent: false, valid: true },
      { device: 'disk', persistent: true, valid: true },
    ]);
    expect(bench.bmc.power).toBe('on');
  });

  it('does so with a BMC whose boot device the driver keeps', async () => {
    const bench = await aBench();
    const given = {
      driverInfo: { ...bench.driverInfo, ipmi_force_boot_device: true },
      node: aNode({ boot: { mode: null, secure: null, device: 'cdrom', persistent: true } }),
    };
    await run(bench, 'deploy', 'deploy', given);
    await run(bench, 'deploy', 'boot_instance', given);
    expect(bench.bmc.boots.map(({ device }) => device)).toEqual(['pxe', 'disk']);
  });

  it('can be done again: a restart in between costs a reboot', async () => {
    const bench = await aBench();
    await run(bench, 'deploy', 'deploy');
    await run(bench, 'deploy', 'deploy');
    expect(bench.bmc.boots.map(({ device }) => device)).toEqual(['pxe', 'pxe']);
  });

  it('is torn down by switching the machine off, or by a reset where it must not go off', async () => {
    const bench = await aBench({ power: 'on' });
    const given = { node: aNode({}, { disable_power_off: true }) };
    expect(await run(bench, 'core', 'tear_down', given)).toEqual({ done: { powerState: 'power on' } });
    expect([bench.bmc.power, bench.bmc.boots.length]).toEqual(['on', 1]);
    expect(await run(bench, 'core', 'tear_down')).toEqual({ done: { powerState: 'power off' } });
    expect(bench.bmc.power).toBe('off');
  });

  it('is taken over by reading the power', async () => {
    const bench = await aBench({ power: 'on' });
    expect(await run(bench, 'core', 'take_over')).toEqual({ done: { powerState: 'power on' } });
    expect(bench.bmc.counts['Chassis Control']).toBeUndefined();
  });
});
