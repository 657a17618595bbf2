import { isBag, type Extension, type Params } from '../api/command.js';
import { AgentProblem, asProblem, invalidParameters } from '../problem.js';

export type RunCommand = (name: string, params: Params) => Promise<unknown>;

interface Task {
  readonly name: string;
  readonly params: Params;
}

/** A list of objects with one member each, `{"extension.command": params}`. */
const parseFlow = (flow: unknown): Task[] => {
  if (!Array.isArray(flow)) throw invalidParameters('flow must be a list of {"extension.command": parameters}.');
  return flow.map(item => {
    const [entry, ...more] = isBag(item) ? Object.entries(item) : [];
    if (!entry || more.length > 0 || !isBag(entry[1])) {
      throw invalidParameters('each item of flow must be an object with one command and its parameters.');
    }
    if (entry[0].startsWith('flow.')) throw invalidParameters('a flow cannot contain a flow.');
    return { name: entry[0], params: entry[1] };
  });
};

interface Done {
  readonly command: string;
  readonly result: unknown;
}

/** One after another; the first failure ends it, and says how far the flow came. */
const runAll = async (tasks: readonly Task[], run: RunCommand, progress: (text: string) => void): Promise<Done[]> => {
  const done: Done[] = [];
  for (const [index, task] of tasks.entries()) {
    progress(`flow: ${index + 1} of ${tasks.length}: ${task.name}`);
    try {
      done.push({ command: task.name, result: await run(task.name, task.params) });
    } catch (error) {
      const { type, message, details, code } = asProblem(error);
      throw new AgentProblem(type, message, `${task.name}, ${index + 1} of ${tasks.length}: ${details}`, code);
    }
  }
  return done;
};

/** What a deployment is made of, from the image to the last flush; `reboot` leaves the ramdisk then. */
const deployTasks = (params: Params): Task[] => [
  { name: 'standby.prepare_image', params: { image_info: params.image_info, configdrive: params.configdrive ?? null } },
  {
    name: 'image.install_bootloader',
    params: {
      target_boot_mode: params.target_boot_mode ?? null,
      ignore_bootloader_failure: params.ignore_bootloader_failure ?? false,
    },
  },
  { name: 'standby.sync', params: {} },
  ...(params.reboot === true ? [{ name: 'standby.run_image', params: {} }] : []),
];

/**
 * Workflows: an arbitrary list of commands in one call, or the canned one that deploys a machine. `validate` judges
 * the commands of a flow before the first one begins.
 */
export const flowExtension = (run: RunCommand, progress: (text: string) => void): Extension => ({
  start_flow: {
    kind: 'async',
    takes: { flow: 'required' },
    validate: ({ flow }) => void parseFlow(flow),
    run: async ({ flow }) => ({ flow: await runAll(parseFlow(flow), run, progress) }),
  },
  deploy: {
    kind: 'async',
    takes: {
      image_info: 'required',
      configdrive: 'optional',
      target_boot_mode: 'optional',
      ignore_bootloader_failure: 'optional',
      reboot: 'optional',
    },
    run: async params => ({ flow: await runAll(deployTasks(params), run, progress) }),
  },
});
