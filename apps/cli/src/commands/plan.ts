import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { Rehearsal } from '#apps/api';
import { usage } from '../failure.js';
import type { Io } from '../io.js';
import type { NodeNow } from '../render/plan.js';
import { renderRehearsal, renderTargets } from '../render/plan.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly cleanSteps?: string;
  readonly deploySteps?: string;
  readonly serviceSteps?: string;
  readonly json?: boolean;
}

export const addPlan = (program: Command, io: Io): void => {
  const command = program
    .command('plan <node> [target]')
    .description(
      'What may be asked of a node now and where it leads; with a target (manage, provide, active, deleted …), ' +
        'what that would do: its steps, its events, and what is destructive. Changes nothing.',
    )
    .option('--clean-steps <json>', 'Steps of a cleaning by hand: JSON, or a file with it.')
    .option('--deploy-steps <json>', 'Steps of a deployment beside its own: JSON, or a file with it.')
    .option('--service-steps <json>', 'Steps of a service: JSON, or a file with it.');
  withServer(withJson(command)).action(
    async (node: string, target: string | undefined, { json, ...options }: Options) => {
      const client = connect(options, io);
      const ident = encodeURIComponent(node);
      const steps = stepsIn(options);
      if (target === undefined) {
        if (Object.keys(steps).length > 0) throw usage('Steps say how a target is reached: name the target, too.');
        const now = await client.get<NodeNow>(`/ferrolog/v1/nodes/${ident}`);
        io.out(json ? JSON.stringify(now.targets, null, 2) : renderTargets(now, io.paint));
        return;
      }
      const path = `/v1/nodes/${ident}/states/provision?dry_run=true`;
      // A rescue wants a password even where none is set in the end.
      const password = target === 'rescue' ? { rescue_password: 'of a rehearsal' } : {};
      const plan = await client.send<Rehearsal>('PUT', path, { target, ...steps, ...password });
      io.out(json ? JSON.stringify(plan, null, 2) : renderRehearsal(plan, node, target, io.paint));
    },
  );
};

const stepsIn = ({ cleanSteps, deploySteps, serviceSteps }: Options): Record<string, unknown> => ({
  ...(cleanSteps !== undefined && { clean_steps: stepsOf('--clean-steps', cleanSteps) }),
  ...(deploySteps !== undefined && { deploy_steps: stepsOf('--deploy-steps', deploySteps) }),
  ...(serviceSteps !== undefined && { service_steps: stepsOf('--service-steps', serviceSteps) }),
});

const stepsOf = (flag: string, given: string): unknown => {
  const isText = /^\s*[[{]/.test(given);
  try {
    return JSON.parse(isText ? given : readFileSync(given, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = isText ? '' : ` in ${given}`;
    throw usage(
      `${flag} takes a JSON list of steps, or a file with one: ${code ? `${given} cannot be read (${code})` : `${message}${where}`}.`,
    );
  }
};
