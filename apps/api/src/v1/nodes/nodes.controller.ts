import { Controller, Delete, Get, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Bag, Node, NodeCommand, PatchNode, PatchOperation } from '#domain';
import { chassisMissing, isUuid, tokensOf } from '#domain';
import type { Outcome } from '#command-handler';
import { uuidV5 } from '#command-handler';
import { nodeFieldSince } from '#ironic';
import type { NodeBrief, NodeText } from '#read-model';
import { MarkerMissing } from '#read-model';
import { ChangeNode } from '../../commands.js';
import { causeOf } from '../../http/cause.js';
import { requireMatch, revisionTag } from '../../http/entity-tags.js';
import { badRequest, notAcceptable } from '../../http/ironic-error.js';
import { Query, requestedFields } from '../../http/queries.js';
import { TextBuffer } from '../../http/text-buffer.js';
import { booleanOf, checked } from '../../http/validation.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { nextPage } from '../links.js';
import { NodeAnswers } from './node-answers.js';
import { nodeAsOf } from './node-as-of.js';
import { enrolment, requireKnown } from './node-create.js';
import { isSortableNodeField, nodeFilter } from './node-filter.js';
import { findNode, requireName } from './node-ident.js';
import { rowAfter } from './row-of-fold.js';

@Controller('v1/nodes')
export class NodesController {
  readonly #answers: NodeAnswers;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) private readonly commands: CommandBus,
  ) {
    this.#answers = new NodeAnswers(ports);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = new Query(request, request.context.minor);
    const detail = query.boolean('detail', 43) ?? false;
    await this.#list(request, reply, query, detail, 'nodes');
  }

  @Get('detail')
  async detail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#list(request, reply, new Query(request, request.context.minor), true, 'nodes/detail');
  }

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor, base } = request.context;
    const { uuid, data } = enrolment(request.body, minor);
    const cause = causeOf(request);
    // A request that comes again under its key makes the same node, not another one.
    const nodeId = uuid ?? (cause.idempotency ? uuidV5(cause.commandId, 'node') : randomUUID());
    await this.#requireRelations(data.attributes);
    const parent = data.attributes.parent_node;
    const attributes = parent
      ? { ...data.attributes, parent_node: await findParent(this.ports, parent, minor) }
      : data.attributes;
    const { state } = await this.#change({ type: 'EnrolNode', nodeId, data: { ...data, attributes } }, request, cause);
    const row = await rowAfter(this.ports, state);
    void reply
      .code(201)
      .header('location', `${base}/v1/nodes/${nodeId}`)
      .header('etag', revisionTag(row.revision))
      .type('application/json')
      .send(await this.#answers.whole(row, request.context));
  }

  @Get(':ident')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    const { ident } = request.params as { ident: string };
    if (request.url.indexOf('?') < 0) {
      const row = await findNode(this.ports, ident, minor);
      reply
        .header('etag', revisionTag(row.revision))
        .type('application/json')
        .send(await this.#answers.whole(row, request.context));
      return;
    }
    const query = new Query(request, minor);
    const fields = requestedFields(query, minor, nodeFieldSince);
    const asOf = query.text('as_of');
    query.refuseOthers();
    const row =
      asOf === undefined ? await findNode(this.ports, ident, minor) : await nodeAsOf(this.ports, ident, asOf, minor);
    const text = fields
      ? await this.#answers.some(row, fields, request.context)
      : await this.#answers.whole(row, request.context);
    void reply.header('etag', revisionTag(row.revision)).type('application/json').send(text);
  }

  @Patch(':ident')
  async patch(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    const query = new Query(request, minor);
    const resetInterfaces = query.boolean('reset_interfaces', 45) ?? false;
    query.refuseOthers();
    const row = await findNode(this.ports, (request.params as { ident: string }).ident, minor);
    requireMatch(request, row.revision);
    const patch = await this.#normalised(checked<PatchOperation[]>('patch', request.body), minor);
    await this.#requireRelations(Object.fromEntries(patch.map(({ path, value }) => [tokensOf(path)[0], value])));
    const data: PatchNode = { patch, resetInterfaces, refuseWhileInspecting: minor >= 39 };
    const { state } = await this.#change({ type: 'PatchNode', nodeId: row.uuid, data }, request);
    const after = await rowAfter(this.ports, state);
    void reply
      .header('etag', revisionTag(after.revision))
      .type('application/json')
      .send(await this.#answers.whole(after, request.context));
  }

  @Delete(':ident')
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const row = await findNode(this.ports, (request.params as { ident: string }).ident, request.context.minor);
    requireMatch(request, row.revision);
    await this.#change({ type: 'DeleteNode', nodeId: row.uuid, data: {} }, request);
    this.ports.telemetry.forget(row.uuid);
    void reply.code(204).send();
  }

  #change(command: NodeCommand, request: FastifyRequest, cause = causeOf(request)): Promise<Outcome<Node>> {
    return this.commands.execute(new ChangeNode(command, cause));
  }

  async #list(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Query,
    detail: boolean,
    path: string,
  ): Promise<void> {
    const { minor, base } = request.context;
    const fields = requestedFields(query, minor, nodeFieldSince);
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const { conductor, ...given } = nodeFilter(query);
    const parent = given.parent_node;
    const filter =
      parent === undefined ? given : { ...given, parent_node: (await findNode(this.ports, parent, minor)).uuid };
    const sortable = (key: string) => {
      const since = nodeFieldSince(key);
      if (since !== undefined && since > minor) throw notAcceptable(`Sorting by ${key} needs API version 1.${since}.`);
      return since !== undefined && isSortableNodeField(key);
    };
    const page = query.page(this.ports.settings.maxLimit, sortable);
    query.refuseOthers();
    const { nodes } = this.ports.readModel();
    const isBrief = !detail && !fields && conductor === undefined;
    const all = await (isBrief ? nodes.brief(filter, page) : nodes.texts(filter, page)).catch(markerMissing);
    const rows =
      conductor === undefined
        ? all
        : (all as NodeText[]).filter(
            row => this.ports.ownerOf(row.conductor_group, row.driver, row.uuid) === conductor,
          );
    const answer = new TextBuffer().add('{"nodes":[');
    for (const [index, row] of rows.entries()) {
      if (index > 0) answer.add(',');
      const node = this.#answer(row, detail, fields, request);
      answer.add(typeof node === 'string' ? node : await node);
    }
    const keep = {
      sort_key: page.sortKey ?? 'id',
      sort_dir: page.descending ? 'desc' : 'asc',
      associated: filter.associated?.toString(),
      maintenance: filter.maintenance?.toString(),
      retired: filter.retired?.toString(),
      ...(path === 'nodes' && detail && { detail: 'True' }),
      ...(fields && { fields: fields.join(',') }),
    };
    const next = filter.instance_uuid ? '' : nextPage(base, path, all.at(-1)?.uuid, all.length, page.limit, keep);
    void reply.type('application/json; charset=utf-8').send(answer.add(`]${next}}`).bytes);
  }

  /** Sealed values have to be opened first; the others are answered without leaving the turn. */
  #answer(
    row: NodeBrief | NodeText,
    detail: boolean,
    fields: string[] | undefined,
    { context }: FastifyRequest,
  ): Promise<string> | string {
    if ('text' in row && row.sealed)
      return fields ? this.#answers.some(row, fields, context) : this.#answers.whole(row, context);
    if (detail) return this.#answers.wholeNow(row as NodeText, context);
    if (fields) return this.#answers.someNow(row as NodeText, fields, context);
    return 'brief' in row
      ? this.#answers.brief(row, context)
      : this.#answers.someNow(row, briefFields(context.minor), context);
  }

  /** Values as they are stored: booleans from Ironic's texts, uuids in lower case. */
  #normalised(patch: readonly PatchOperation[], minor: number): Promise<PatchOperation[]> {
    const normalised = patch.map(async operation => {
      const [root = '', ...rest] = tokensOf(operation.path);
      if (operation.op === 'remove') {
        if (root === 'chassis_uuid' && minor < 25) throw notAcceptable('Removing chassis_uuid needs API version 1.25.');
        return operation;
      }
      requireKnown({ [root]: operation.value ?? true }, minor);
      if (rest.length > 0) return operation;
      const value = normalisedValue(root, operation.value);
      if (root === 'name' && typeof value === 'string') requireName(value);
      checked('node', { ...(operation.path.slice(1) in nodeSchemaFields && { [root]: value }) });
      if (root === 'parent_node' && typeof value === 'string')
        return { ...operation, value: await findParent(this.ports, value, minor) };
      return { ...operation, value };
    });
    return Promise.all(normalised);
  }

  /** What a node refers to must be there (Ironic API reference). */
  async #requireRelations(fields: Bag): Promise<void> {
    const { chassis_uuid: chassis } = fields;
    if (typeof chassis === 'string' && !(await this.ports.readModel().chassis.byUuid(chassis)))
      throw badRequest(chassisMissing(chassis).details.detail);
  }
}

const briefFields = (minor: number) => [
  'instance_uuid',
  'maintenance',
  'power_state',
  'provision_state',
  'uuid',
  ...(minor >= 5 ? ['name'] : []),
];

const booleans = new Set(['automated_clean', 'disable_power_off', 'maintenance', 'protected', 'retired']);
const normalisedValue = (name: string, value: unknown): unknown => {
  if (booleans.has(name) && value !== null && value !== undefined) return booleanOf(value, name);
  if (isUuid(value) && /uuid$|^parent_node$/.test(name)) return value.toLowerCase();
  return value;
};

/** Fields whose values the schema of a node describes; those it does not know are refused by the decision. */
const nodeSchemaFields: Readonly<Record<string, true>> = Object.fromEntries(
  [
    'automated_clean', 'chassis_uuid', 'conductor_group', 'description', 'disable_power_off', 'driver', 'driver_info', 'extra',
    'instance_info', 'instance_name', 'instance_uuid', 'lessee', 'maintenance', 'name', 'network_data', 'owner', 'properties',
    'protected', 'protected_reason', 'resource_class', 'retired', 'retired_reason', 'shard', 'bios_interface', 'boot_interface',
    'console_interface', 'deploy_interface', 'firmware_interface', 'inspect_interface', 'management_interface',
    'network_interface', 'power_interface', 'raid_interface', 'rescue_interface', 'storage_interface', 'vendor_interface',
  ].map(name => [name, true]),
); // prettier-ignore

const findParent = async (ports: ApiPorts, ident: string, minor: number): Promise<string> => {
  try {
    return (await findNode(ports, ident, minor)).uuid;
  } catch {
    throw badRequest(`Node ${ident} could not be found: it cannot be the parent node.`);
  }
};

const markerMissing = (error: unknown): never => {
  if (error instanceof MarkerMissing) throw badRequest(`The marker ${error.message} could not be found.`);
  throw error;
};
