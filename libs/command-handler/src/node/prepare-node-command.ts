import type {
  Bag,
  DriverCatalog,
  Node,
  NodeCommand,
  PatchNode,
  PatchOperation,
  ProblemDetails,
  StepRequest,
} from '#domain';
import {
  applyPatch,
  instanceKeySubject,
  nodeKeySubject,
  PatchRefused,
  Problem,
  requireSizes,
  tokensOf,
  withoutCredentials,
} from '#domain';
import type { Content, SealingRule } from './content.js';
import { byName, MASK } from './content.js';

/** Fields that hold whatever clients put there. */
const bagFields = ['driver_info', 'extra', 'instance_info', 'network_data', 'properties'] as const;
type BagField = (typeof bagFields)[number];

/**
 * What comes before a decision about a node: secrets in the command are sealed, big values stored as blobs. Decisions
 * and events only ever see them so.
 */
export const nodePreparation = (content: Content, catalog: DriverCatalog) => ({
  prepare: preparing(content, catalog),
  rehearse: preparing(content.leavingNoTrace(), catalog),
});

const preparing =
  (content: Content, catalog: DriverCatalog) =>
  async (command: NodeCommand, node: Node): Promise<NodeCommand> => {
    const instance = byName(instanceKeySubject(node));
    switch (command.type) {
      case 'EnrolNode': {
        const { attributes } = command.data;
        // The revision that enrolling will have is part of its keys' names: a later incarnation gets keys of its own.
        const next = { ...node, incarnation: node.revision + 1, instanceSince: node.revision + 1 };
        const rules = sealingRules(next, attributes.driver, attributes.conductor_group ?? '', catalog);
        const stored = await storedBags(content, attributes as unknown as Bag, rules);
        return { ...command, data: { ...command.data, attributes: { ...attributes, ...stored } } };
      }
      case 'PatchNode':
        return { ...command, data: await preparedPatch(command.data, node, content, catalog) };
      case 'DeployNode': {
        const { configdrive, steps } = command.data;
        const sealed = configdrive && (await content.seal(instance.subject, configdrive));
        return {
          ...command,
          data: {
            ...command.data,
            ...(sealed && { configdrive: sealed }),
            ...(await storedSteps(content, steps, instance)),
          },
        };
      }
      case 'CleanNode':
      case 'ServiceNode':
        return {
          ...command,
          data: { ...command.data, ...(await storedSteps(content, command.data.steps, byName(nodeKeySubject(node)))) },
        } as NodeCommand;
      case 'RescueNode':
        return {
          ...command,
          data: { rescuePassword: await content.seal(instance.subject, command.data.rescuePassword) },
        };
      case 'IssueAgentToken':
        return {
          ...command,
          data: { ...command.data, token: await content.seal(instance.subject, command.data.token) },
        };
      case 'CallVendorPassthru':
      case 'AttachVirtualMedia': {
        const args = await content.stored(command.data.args, byName(nodeKeySubject(node)));
        return { ...command, data: { ...command.data, args } } as NodeCommand;
      }
      case 'ContinueInspection': {
        return { ...command, data: { ...command.data, inventory: await content.blob(command.data.inventory) } };
      }
      case 'CompleteStep': {
        const { result } = command.data;
        if (!result?.inventory && !result?.biosSettings) return command;
        const big = {
          ...(result.inventory && { inventory: await content.blob(result.inventory) }),
          ...(result.biosSettings && { biosSettings: await content.blobIfLarge(result.biosSettings) }),
        };
        return { ...command, data: { ...command.data, result: { ...result, ...big } } };
      }
      case 'CompleteAction': {
        const { outcome, virtualMedia } = command.data;
        const result = outcome.result && (await content.told(outcome.result, byName(nodeKeySubject(node))));
        return {
          ...command,
          data: {
            ...command.data,
            outcome: { ...outcome, ...(result && { result }) },
            ...(virtualMedia && { virtualMedia: virtualMedia.map(withoutUrlCredentials) }),
          },
        };
      }
      case 'FailStep':
      case 'LoseStep':
      case 'FailOperation':
      case 'FailAction':
      case 'ReportPowerFault':
        return {
          ...command,
          data: { ...command.data, problem: await redacted(command.data.problem, node, content) },
        } as NodeCommand;
      default:
        return command;
    }
  };

const withoutUrlCredentials = (device: Bag): Bag =>
  Object.fromEntries(
    Object.entries(device).map(([name, value]) => [
      name,
      typeof value === 'string' ? withoutCredentials(value) : value,
    ]),
  );

/** Shorter ones would mask half of every sentence, and are hardly secrets. */
const SHORTEST_SECRET = 6;
/** In characters: what is longer is a dump of something, and three of them must fit into an event. */
const LONGEST_SENTENCE = 4_000;

/** Sentences of drivers may quote what the drivers were given: what is sealed must not get into the clear by them. */
const redacted = async (problem: ProblemDetails, node: Node, content: Content): Promise<ProblemDetails> => {
  const { attributes, operation, action, agent } = node;
  const given = [attributes.driver_info, attributes.instance_info, operation, action, agent];
  // What cannot be opened cannot have been quoted.
  const texts = await content.secretTexts(given).catch(() => []);
  const secrets = texts.filter(text => text.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
  const clean = (text: string) =>
    shortened(withoutCredentials(secrets.reduce((sentence, secret) => sentence.replaceAll(secret, MASK), text)));
  const { title, detail, hint } = problem;
  return { ...problem, title: clean(title), detail: clean(detail), ...(hint !== undefined && { hint: clean(hint) }) };
};

const shortened = (text: string): string =>
  text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)} … (${text.length} characters)` : text;

type Rules = Partial<Record<BagField, SealingRule>>;

/** Credentials of the machine: all but what its driver calls public. Those of an instance: by their names. */
const sealingRules = (node: Node, driver: string, group: string, catalog: DriverCatalog): Rules => {
  const publicKeys = new Set(catalog.driver(driver, group.toLowerCase())?.publicKeys);
  const secretName = byName('').isSecret;
  return {
    driver_info: {
      subject: nodeKeySubject(node),
      isSecret: (name, value) => !publicKeys.has(name) || secretName('', value),
    },
    instance_info: byName(instanceKeySubject(node)),
  };
};

const storedBags = async (content: Content, attributes: Bag, rules: Rules): Promise<Bag> => {
  const given = bagFields.filter(field => isFilled(attributes[field]));
  const entries = given.map(async field => [field, await content.stored(attributes[field] as Bag, rules[field])]);
  return Object.fromEntries(await Promise.all(entries)) as Bag;
};

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

const storedSteps = async (content: Content, steps: readonly StepRequest[] | undefined, rule: SealingRule) =>
  steps && {
    steps: await Promise.all(
      steps.map(async step => (step.args ? { ...step, args: await content.stored(step.args, rule) } : step)),
    ),
  };

/**
 * Operations within a bag are applied to its plain content here, because a path may lead into a value that is sealed;
 * what comes out goes on as one operation for the whole field.
 */
const preparedPatch = async (
  data: PatchNode,
  node: Node,
  content: Content,
  catalog: DriverCatalog,
): Promise<PatchNode> => {
  const fieldOf = ({ path }: PatchOperation) => tokensOf(path)[0] as BagField;
  const touched = bagFields.filter(field => data.patch.some(operation => fieldOf(operation) === field));
  if (touched.length === 0) return data;
  const driver =
    data.patch.findLast(({ path, op }) => path === '/driver' && op !== 'remove')?.value ?? node.attributes.driver;
  const rules = sealingRules(node, String(driver), node.attributes.conductor_group, catalog);
  const whole = await Promise.all(
    touched.map(async field => {
      const operations = data.patch.filter(operation => fieldOf(operation) === field);
      const before = await content.known(node.attributes[field]);
      const value = patchedBag(field, before.plain, operations);
      if (field === 'properties') requireSizes(value);
      return { op: 'add' as const, path: `/${field}`, value: await content.stored(value, rules[field], before) };
    }),
  );
  return { ...data, patch: [...data.patch.filter(operation => !touched.includes(fieldOf(operation))), ...whole] };
};

const patchedBag = (field: BagField, plain: Bag, operations: readonly PatchOperation[]): Bag => {
  const resets = operations.map(operation =>
    operation.op === 'remove' && tokensOf(operation.path).length === 1
      ? { ...operation, op: 'replace' as const, value: {} }
      : operation,
  );
  try {
    const value = applyPatch({ [field]: plain }, resets)[field] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw invalidBag(field);
    return value as Bag;
  } catch (error) {
    if (error instanceof PatchRefused)
      throw new Problem({ code: 'request.invalid', title: 'The patch cannot be applied', detail: error.message });
    throw error;
  }
};

const invalidBag = (field: string): Problem =>
  new Problem({
    code: 'request.invalid',
    title: 'The field must be an object',
    detail: `Invalid input for field '${field}'. Value must be an object.`,
  });
