import { isBag, type Extension } from '../api/command.js';
import type { Hardware } from '../hardware/hardware.js';
import type { StepKind } from '../hardware/hardware-manager.js';
import type { Bag } from '../lookup/lookup.js';
import {
  AgentProblem,
  cleaningError,
  commandExecutionError,
  deploymentError,
  Refusal,
  servicingError,
  versionMismatch,
} from '../problem.js';

const failures = { clean: cleaningError, deploy: deploymentError, service: servicingError } as const;

/** The texts of the protocol show versions as Python writes a dictionary. */
const shownVersions = (versions: Bag): string =>
  `{${Object.entries(versions)
    .map(([name, version]) => `'${name}': '${String(version)}'`)
    .join(', ')}}`;

/** The steps were listed by managers that may have changed since: the machine may have booted another ramdisk. */
const requireVersions = (hardware: Hardware, used: unknown): void => {
  if (!isBag(used)) return;
  const current = hardware.versions();
  const names = new Set([...Object.keys(current), ...Object.keys(used)]);
  if ([...names].every(name => current[name] === used[name])) return;
  throw versionMismatch(`Current versions: ${shownVersions(current)}, versions used by ironic: ${shownVersions(used)}`);
};

const bags = (value: unknown): Bag[] => (Array.isArray(value) ? value.filter(isBag) : []);

const inputOf = (params: Bag) => ({ node: isBag(params.node) ? params.node : {}, ports: bags(params.ports) });

/** `get_X_steps` and `execute_X_step`: the same for cleaning, deploying and servicing but for their names. */
export const stepsExtension = (kind: StepKind, hardware: Hardware): Extension => ({
  [`get_${kind}_steps`]: {
    kind: 'sync',
    takes: { node: 'required', ports: 'required' },
    run: async params => ({
      [`${kind}_steps`]: await hardware.steps(kind, inputOf(params)),
      hardware_manager_version: hardware.versions(),
    }),
  },
  [`execute_${kind}_step`]: {
    kind: 'async',
    takes: { step: 'required', node: 'required', ports: 'required', [`${kind}_version`]: 'optional' },
    run: async params => {
      const { step } = params;
      if (!isBag(step) || typeof step.step !== 'string') throw commandExecutionError('the step has no name');
      requireVersions(hardware, params[`${kind}_version`]);
      const args = isBag(step.args) ? step.args : {};
      try {
        const result = await hardware.dispatch(step.step, { ...inputOf(params), args });
        return { [`${kind}_result`]: result ?? null, [`${kind}_step`]: step };
      } catch (error) {
        if (error instanceof AgentProblem) throw error;
        const why = error instanceof Refusal ? error.fault : error instanceof Error ? error.message : String(error);
        throw failures[kind](`Step ${step.step}: ${why}`);
      }
    },
  },
});
