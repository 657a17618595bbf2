import type { Bag, DecisionSettings, Node, NodeCommandType, StepRequest } from '#domain';
import { inMaintenance, locked, move, Problem, wrongState } from '#domain';
import type { ProvisionState, Verb } from '#domain';
import type { Minor } from '#ironic';
import { badRequest, notAcceptable } from '../../http/ironic-error.js';
import { checked } from '../../http/validation.js';

interface Body {
  readonly target: string;
  readonly configdrive?: string | Bag | null;
  readonly clean_steps?: readonly StepRequest[] | null;
  readonly deploy_steps?: readonly StepRequest[] | null;
  readonly service_steps?: readonly StepRequest[] | null;
  readonly rescue_password?: string | null;
  readonly disable_ramdisk?: boolean | null;
  readonly runbook?: string | null;
}

interface Target {
  readonly verb: Verb;
  readonly command: NodeCommandType;
  /** First version that takes it (Ironic, state machine). */
  readonly since: Minor;
}

/** Targets as clients name them, the verbs of the machine, and the commands. */
const targets: Readonly<Record<string, Target>> = {
  active: { verb: 'deploy', command: 'DeployNode', since: 1 },
  deploy: { verb: 'deploy', command: 'DeployNode', since: 73 },
  rebuild: { verb: 'rebuild', command: 'DeployNode', since: 1 },
  deleted: { verb: 'delete', command: 'UndeployNode', since: 1 },
  undeploy: { verb: 'delete', command: 'UndeployNode', since: 1 },
  manage: { verb: 'manage', command: 'ManageNode', since: 4 },
  provide: { verb: 'provide', command: 'ProvideNode', since: 4 },
  inspect: { verb: 'inspect', command: 'InspectNode', since: 6 },
  abort: { verb: 'abort', command: 'AbortOperation', since: 13 },
  clean: { verb: 'clean', command: 'CleanNode', since: 15 },
  adopt: { verb: 'adopt', command: 'AdoptNode', since: 17 },
  rescue: { verb: 'rescue', command: 'RescueNode', since: 38 },
  unrescue: { verb: 'unrescue', command: 'UnrescueNode', since: 38 },
  unhold: { verb: 'unhold', command: 'UnholdNode', since: 85 },
  service: { verb: 'service', command: 'ServiceNode', since: 87 },
};

/** Other names for targets that have one. */
const aliases = new Set(['deploy', 'undeploy']);

/** Where a target of `PUT …/states/provision` leads: at once, and in the end when all goes well. */
export interface ReachableTarget {
  readonly target: string;
  readonly provision_state: string;
  readonly target_provision_state: string | null;
  /** Members that the request must carry beside the target. */
  readonly needs: readonly string[];
}

/** What may be asked for in the state. Whether this very node may, `decide` says when it is asked. */
export const targetsIn = (state: ProvisionState): ReachableTarget[] =>
  Object.entries(targets).flatMap(([target, { verb, command }]) => {
    const next = aliases.has(target) ? undefined : move(state, verb);
    const leadsTo = next && { ...next, ...(command === 'CleanNode' && { targetProvisionState: 'manageable' }) };
    return leadsTo
      ? [
          {
            target,
            provision_state: leadsTo.provisionState,
            target_provision_state: leadsTo.targetProvisionState,
            needs: needs[command] ?? [],
          },
        ]
      : [];
  });

const needs: Readonly<Partial<Record<NodeCommandType, readonly string[]>>> = {
  CleanNode: ['clean_steps'],
  ServiceNode: ['service_steps'],
  RescueNode: ['rescue_password'],
};

/**
 * A body of `PUT …/states/provision` as a command, with the checks in Ironic's order (Ironic, state machine).
 * What depends on the node alone is decided again by the domain.
 */
export const provisionCommand = (
  raw: unknown,
  node: Node,
  minor: Minor,
  settings: DecisionSettings,
): { readonly type: NodeCommandType; readonly data: object } => {
  const body = checked<Body>('provision', raw);
  const { target } = body;
  const known = Object.hasOwn(targets, target) ? targets[target]! : undefined;
  if (known && minor < known.since) throw notAcceptable(`The target "${target}" needs API version 1.${known.since}.`);
  const deploys = known?.command === 'DeployNode';
  if (deploys && node.maintenance) throw inMaintenance(node, 'provisioning');
  if (!known || !move(node.provisionState, known.verb))
    throw node.reservation !== null ? locked(node) : wrongState(node, target);
  requireFitting(body, known, node, minor);
  requireAllowedSteps(body, settings);
  return { type: known.command, data: dataOf(body, known) };
};

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

const requireFitting = (body: Body, { command, verb }: Target, node: Node, minor: Minor): void => {
  const { target } = body;
  const installs = target === 'active' || target === 'rebuild';
  if (given(body.configdrive)) requireConfigdrive(body.configdrive, installs, target, minor);
  if (given(body.runbook))
    throw minor < 92
      ? notAcceptable('Runbooks need API version 1.92.')
      : badRequest('Runbooks are not part of this version.');
  if (given(body.disable_ramdisk)) {
    if (target !== 'clean' && target !== 'service')
      throw badRequest('disable_ramdisk is only for cleaning and service.');
    const since = target === 'clean' ? 70 : 108;
    if (minor < since) throw notAcceptable(`disable_ramdisk with "${target}" needs API version 1.${since}.`);
  }
  if (given(body.clean_steps) && command !== 'CleanNode')
    throw badRequest('"clean_steps" is only valid when setting target provision state to clean.');
  if (given(body.deploy_steps)) {
    if (minor < 69) throw notAcceptable('deploy_steps need API version 1.69.');
    if (!installs)
      throw badRequest('"deploy_steps" is only valid when setting target provision state to active or rebuild.');
  }
  if (given(body.rescue_password) && command !== 'RescueNode')
    throw badRequest('"rescue_password" is only valid when setting target provision state to rescue.');
  if (given(body.service_steps) && command !== 'ServiceNode')
    throw badRequest('"service_steps" is only valid when setting target provision state to service.');
  if (verb === 'abort' && node.provisionState === 'inspect wait' && minor < 41)
    throw notAcceptable('Aborting an inspection needs API version 1.41.');
  if (verb === 'abort' && node.provisionState === 'wait call-back' && minor < 110)
    throw notAcceptable('Aborting a deployment needs API version 1.110.');
  if (command === 'RescueNode' && !body.rescue_password?.trim())
    throw badRequest('A non-empty "rescue_password" is required when setting target provision state to rescue.');
  if (command === 'CleanNode' && !body.clean_steps?.length)
    throw badRequest('"clean_steps" is required when setting target provision state to clean.');
  if (command === 'ServiceNode' && !body.service_steps?.length)
    throw badRequest('"service_steps" is required when setting target provision state to service.');
};

const requireConfigdrive = (configdrive: string | Bag, installs: boolean, target: string, minor: Minor): void => {
  if (!installs)
    throw badRequest(
      `Adding a config drive is only supported when setting provision state to active or rebuild, not "${target}".`,
    );
  if (target === 'rebuild' && minor < 35) throw notAcceptable('A config drive with a rebuild needs API version 1.35.');
  if (typeof configdrive !== 'string') {
    if (minor < 56) throw notAcceptable('A config drive as an object needs API version 1.56.');
    if ('vendor_data' in configdrive && minor < 59)
      throw notAcceptable('vendor_data in a config drive needs API version 1.59.');
  } else if (!configdrive.includes('://') && !/^[A-Za-z0-9+/=\s]*$/.test(configdrive))
    throw badRequest('Invalid configdrive: it must be base64, a URL or an object.');
};

const requireAllowedSteps = (body: Body, { disallowedSteps }: DecisionSettings): void => {
  for (const steps of [body.clean_steps, body.deploy_steps, body.service_steps])
    for (const { interface: type, step } of steps ?? [])
      if (disallowedSteps.includes(`${type}.${step}`))
        throw new Problem({
          code: 'step.not-allowed',
          title: 'The step is not allowed',
          detail: `Step ${type}.${step} is not allowed to be requested.`,
        });
};

const stepOf = ({ interface: type, step, args, priority }: StepRequest): StepRequest => ({
  ...(type && { interface: type }),
  step,
  ...(args && Object.keys(args).length > 0 && { args }),
  ...(priority !== undefined && { priority: Number(priority) }),
});

/** Config drives that say nothing count as none: Metal3 sends an empty object whenever it has nothing to say. */
const isEmpty = (value: string | Bag): boolean =>
  typeof value === 'string' ? value === '' : Object.keys(value).length === 0;

const dataOf = (body: Body, { command, verb }: Target): object => {
  switch (command) {
    case 'DeployNode':
      return {
        ...(verb === 'rebuild' && { rebuild: true }),
        ...(given(body.configdrive) && !isEmpty(body.configdrive) && { configdrive: body.configdrive }),
        ...(body.deploy_steps && { steps: body.deploy_steps.map(stepOf) }),
      };
    case 'CleanNode':
      return { steps: inOrder(body.clean_steps!), ...(body.disable_ramdisk && { disableRamdisk: true }) };
    case 'ServiceNode':
      return { steps: inOrder(body.service_steps!), ...(body.disable_ramdisk && { disableRamdisk: true }) };
    case 'RescueNode':
      return { rescuePassword: body.rescue_password };
    default:
      return {};
  }
};

/** As given, unless the steps say an order themselves. */
const inOrder = (steps: readonly (StepRequest & { readonly order?: number | string })[]): StepRequest[] =>
  (steps.some(({ order }) => order !== undefined)
    ? steps.toSorted((a, b) => Number(a.order ?? 0) - Number(b.order ?? 0))
    : steps
  ).map(stepOf);
