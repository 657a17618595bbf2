import type { InterfaceType, StepManifest, StepResult } from '#domain';
import type { Effect, Step } from '../hardware-type.js';
import type { FakeMemory } from './fake-machine.js';
import { hasWaited, obeyKnobs, waits } from './fake-knobs.js';

type Find = (effect: Effect) => StepResult | Promise<StepResult>;
const nothing: Find = () => ({});

/** A step of a fake machine: slow, failing or waiting as its knobs say. */
export const fakeStep = (type: InterfaceType, manifest: StepManifest, find: Find = nothing): Step => ({
  manifest,
  async run(effect) {
    await obeyKnobs(type, manifest.step, effect);
    return waits(type, effect) ?? { done: await find(effect) };
  },
  async poll(effect, since) {
    return hasWaited(type, effect, since) ? { done: await find(effect) } : undefined;
  },
});

/** One of a flow without a state to wait in (verification, adoption, tear-down, unrescue): slow or failing, never waiting. */
export const fakeStepAtOnce = (type: InterfaceType, manifest: StepManifest, find: Find = nothing): Step => ({
  manifest,
  async run(effect) {
    await obeyKnobs(type, manifest.step, effect);
    return { done: await find(effect) };
  },
});

/** One that must not run twice: the machine remembers that it was begun, and whether it ended. */
export const fakeStepOnce = (
  type: InterfaceType,
  manifest: Omit<StepManifest, 'effect'>,
  memory: FakeMemory,
  find: Find = nothing,
): Step => {
  const step = fakeStep(type, { ...manifest, effect: 'once' }, find);
  return {
    ...step,
    async run(effect) {
      memory.mark('begun', effect.id);
      const outcome = await step.run(effect);
      memory.mark('ended', effect.id);
      return outcome;
    },
    async confirm({ id }) {
      const mark = memory.of(id);
      return mark === 'ended' ? 'done' : mark === 'begun' ? 'unknown' : 'not begun';
    },
  };
};
