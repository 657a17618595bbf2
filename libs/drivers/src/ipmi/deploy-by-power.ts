import type { StepManifest } from '#domain';
import type { Effect, Implementation, Step } from '../hardware-type.js';

/** Machines that boot by themselves what they find need no help with it. */
export const bootUnaided: Implementation = { name: 'fake' };

/**
 * A deployment without an agent, for machines that boot by themselves what they find: nothing is written anywhere, but
 * power and boot device go the way of a real one. Made of the machine's own power and management functions.
 */
export const deployByPower = (power: Implementation, management: Implementation): Implementation => {
  const setPower = (effect: Effect, target: string) => power.actions!.set_power_state!({ ...effect, args: { target } });

  /** The device counts as recorded for the start that follows, as one that an operator has set does. */
  const bootFrom = async (effect: Effect, device: string, persistent: boolean) => {
    await management.actions!.set_boot_device!({ ...effect, args: { device, persistent } });
    const { node } = effect;
    return setPower({ ...effect, node: { ...node, boot: { ...node.boot, device, persistent } } }, 'rebooting');
  };

  const step = (
    name: string,
    rest: Pick<StepManifest, 'priority' | 'effect'>,
    run: (effect: Effect) => Promise<{ readonly powerState?: string }>,
  ): Step => ({
    manifest: { step: name, ...rest, requiresRamdisk: false },
    run: async effect => ({ done: await run(effect) }),
  });

  return {
    name: 'fake',
    steps: {
      core: [
        step('tear_down', { priority: 0, effect: 'observed' }, effect =>
          setPower(effect, effect.node.attributes.disable_power_off ? 'rebooting' : 'power off'),
        ),
        step('take_over', { priority: 0, effect: 'observed' }, async effect => ({
          powerState: (await power.reads!.get_power_state!(effect)) as string,
        })),
      ],
      deploy: [
        step('deploy', { priority: 100, effect: 'idempotent' }, effect => bootFrom(effect, 'pxe', false)),
        step('boot_instance', { priority: 20, effect: 'idempotent' }, effect => bootFrom(effect, 'disk', true)),
      ],
    },
  };
};
