import { Controller, Delete, Get, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Bag, NodeCommand, PatchOperation } from '#domain';
import { applyPatch, isUuid, PatchRefused, portDefaults, Problem, tokensOf } from '#domain';
import { uuidV5 } from '#command-handler';
import { member, portFieldPlace, portFieldSince } from '#ironic';
import type { PortFilter, PortText } from '#read-model';
import { MarkerMissing } from '#read-model';
import { ChangeNode } from '../commands.js';
import { causeOf } from '../http/cause.js';
import { badRequest, HttpRefusal, notAcceptable } from '../http/ironic-error.js';
import { Query, requestedFields } from '../http/queries.js';
import { booleanOf, checked } from '../http/validation.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { links, nextPage } from './links.js';
import { findNode } from './nodes/node-ident.js';
import { portText } from './port-answers.js';

/** `/v1/ports` and `/v1/nodes/{ident}/ports` (Ironic API reference). */
@Controller('v1')
export class PortsController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) private readonly commands: CommandBus,
  ) {}

  @Get('ports')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = new Query(request, request.context.minor);
    await this.#list(request, reply, query, query.boolean('detail', 43) ?? false, 'ports', {});
  }

  @Get('ports/detail')
  async detail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#list(request, reply, new Query(request, request.context.minor), true, 'ports/detail', {});
  }

  @Get('nodes/:ident/ports')
  async ofNode(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const node_uuid = await this.#nodeOf(request);
    const query = new Query(request, request.context.minor);
    await this.#list(request, reply, query, query.boolean('detail', 43) ?? false, `nodes/${node_uuid}/ports`, {
      node_uuid,
    });
  }

  @Get('nodes/:ident/ports/detail')
  async ofNodeInDetail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const node_uuid = await this.#nodeOf(request);
    await this.#list(
      request,
      reply,
      new Query(request, request.context.minor),
      true,
      `nodes/${node_uuid}/ports/detail`,
      { node_uuid },
    );
  }

  @Post('ports')
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor, base } = request.context;
    const body = checked<Record<string, unknown> & { address: string }>('port-create', request.body);
    requireKnown(body, minor);
    const { address, node_uuid, node_ident, uuid: given, ...rest } = body;
    if ((node_uuid === undefined) === (node_ident === undefined))
      throw badRequest('Exactly one of node_uuid and node_ident must be given.');
    if (node_ident !== undefined && minor < 94) throw notAcceptable('node_ident needs API version 1.94.');
    const nodeId = await this.#requireNode(String(node_uuid ?? node_ident), minor);
    const cause = causeOf(request);
    const uuid =
      (given as string | null | undefined)?.toLowerCase() ??
      (cause.idempotency ? uuidV5(cause.commandId, 'port') : randomUUID());
    const data = { uuid, address: macOf(address), attributes: normalised(rest) };
    await this.commands.execute(new ChangeNode({ type: 'AttachPort', nodeId, data }, cause));
    const row = await this.#require(uuid);
    void reply
      .code(201)
      .header('location', `${base}/v1/ports/${uuid}`)
      .type('application/json')
      .send(portText(row, request.context));
  }

  @Get('ports/:ident')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    const query = new Query(request, minor);
    const fields = requestedFields(query, minor, portFieldSince);
    query.refuseOthers();
    const row = await this.#require((request.params as { ident: string }).ident);
    void reply.type('application/json').send(fields ? someOf(row, fields, request) : portText(row, request.context));
  }

  @Patch('ports/:ident')
  async patch(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    const row = await this.#require((request.params as { ident: string }).ident);
    const operations = checked<PatchOperation[]>('patch', request.body);
    const node = await this.ports.nodes.repository.load(row.node_uuid);
    if (node.provisionState === 'inspecting' && minor >= 39)
      throw new HttpRefusal(409, `Cannot update port ${row.uuid} while node ${node.uuid} is being inspected.`);
    const port = node.ports[row.uuid];
    if (!port) throw portMissing(row.uuid);
    const changes = patched({ address: port.address, ...port.attributes }, operations, minor);
    const command: NodeCommand = { type: 'ChangePort', nodeId: node.uuid, data: { uuid: row.uuid, changes } };
    await this.commands.execute(new ChangeNode(command, causeOf(request)));
    void reply.type('application/json').send(portText(await this.#require(row.uuid), request.context));
  }

  @Delete('ports/:ident')
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { ident } = request.params as { ident: string };
    if (!isUuid(ident)) throw badRequest(`Expected a UUID but received ${ident}.`);
    const row = await this.#require(ident);
    const command: NodeCommand = { type: 'DetachPort', nodeId: row.node_uuid, data: { uuid: row.uuid } };
    await this.commands.execute(new ChangeNode(command, causeOf(request)));
    void reply.code(204).send();
  }

  async #require(ident: string): Promise<PortText> {
    const row = await this.ports.readModel().ports.byIdent(ident);
    if (!row) throw portMissing(ident);
    return row;
  }

  async #nodeOf(request: FastifyRequest): Promise<string> {
    return (await findNode(this.ports, (request.params as { ident: string }).ident, request.context.minor)).uuid;
  }

  /** A body that names no node is the client's mistake, not a missing page. */
  async #requireNode(ident: string, minor: number): Promise<string> {
    try {
      return (await findNode(this.ports, ident, minor)).uuid;
    } catch (error) {
      if (error instanceof Problem) throw badRequest(error.details.detail);
      throw error;
    }
  }

  async #list(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Query,
    detail: boolean,
    path: string,
    fixed: PortFilter,
  ): Promise<void> {
    const { minor, base } = request.context;
    const fields = requestedFields(query, minor, portFieldSince);
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const filter = { ...(await this.#filter(query, minor)), ...fixed };
    const page = query.page(this.ports.settings.maxLimit, key => {
      const since = portFieldSince(key);
      if (since !== undefined && since > minor) throw notAcceptable(`Sorting by ${key} needs API version 1.${since}.`);
      return since !== undefined && !['extra', 'internal_info', 'local_link_connection', 'links'].includes(key);
    });
    query.refuseOthers();
    const rows = await this.ports
      .readModel()
      .ports.list(filter, page)
      .catch((error: unknown) => {
        if (error instanceof MarkerMissing) throw badRequest(`The marker ${error.message} could not be found.`);
        throw error;
      });
    const texts = rows.map(row =>
      detail ? portText(row, request.context) : someOf(row, fields ?? ['uuid', 'address'], request),
    );
    const keep = {
      sort_key: page.sortKey ?? 'id',
      sort_dir: page.descending ? 'desc' : 'asc',
      ...(fields && { fields: fields.join(',') }),
    };
    const next = nextPage(base, path, rows.at(-1)?.uuid, rows.length, page.limit, keep);
    void reply.type('application/json').send(`{"ports":[${texts.join(',')}]${next}}`);
  }

  async #filter(query: Query, minor: number): Promise<PortFilter> {
    const node = query.text('node') ?? query.text('node_uuid');
    query.text('node_uuid');
    const address = query.text('address');
    const portgroup = query.text('portgroup', 24);
    const shards = query.list('shard', 82);
    const groups = query.list('conductor_groups', 99);
    const description = query.text('description_contains', 97);
    const exclusive = [node, portgroup, shards].filter(value => value !== undefined).length;
    if (exclusive > 1) throw new HttpRefusal(403, 'node, portgroup and shard cannot be used together.');
    if (groups && (node ?? portgroup ?? address) !== undefined)
      throw badRequest('conductor_groups cannot be used with node, portgroup or address.');
    return {
      ...(node !== undefined && { node_uuid: (await findNode(this.ports, node, minor)).uuid }),
      ...(address !== undefined && { addresses: [macOf(address)] }),
      ...(portgroup !== undefined && { portgroup_uuid: portgroup }),
      ...(shards && { shards }),
      ...(groups && { conductor_groups: groups }),
      ...(description !== undefined && { description_contains: description }),
    };
  }
}

const portMissing = (ident: string): Problem =>
  new Problem({ code: 'port.missing', title: 'There is no such port', detail: `Port ${ident} could not be found.` });

/** @throws HttpRefusal 400 for what is no MAC address */
const macOf = (address: string): string => {
  const mac = address.toLowerCase().replaceAll('-', ':');
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}((:[0-9a-f]{2}){14})?$/.test(mac))
    throw badRequest(`Expected a MAC address but received ${address}.`);
  return mac;
};

const requireKnown = (fields: Record<string, unknown>, minor: number): void => {
  for (const [name, value] of Object.entries(fields)) {
    const since = portFieldSince(name);
    if (since !== undefined && since > minor && value !== null)
      throw notAcceptable(`Field ${name} needs API version 1.${since}.`);
  }
};

const booleans = ['pxe_enabled', 'is_smartnic', 'available_for_dynamic_portgroup'];
const normalised = (fields: Bag): Bag =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, booleans.includes(name) ? booleanOf(value, name) : value]),
  );

/** Fields after the patch that differ from those before. */
const patched = (current: Bag, operations: readonly PatchOperation[], minor: number): Bag => {
  const patchable = ['address', ...Object.keys(portDefaults).filter(name => name !== 'internal_info')];
  const whole = operations.map(operation => {
    const [root = '', ...rest] = tokensOf(operation.path);
    if (!patchable.includes(root))
      throw badRequest(`'${operation.path}' is not an attribute of a port that can be changed.`);
    requireKnown({ [root]: operation.op === 'remove' ? null : operation.value }, minor);
    if (operation.op !== 'remove' || rest.length > 0) return operation;
    if (root === 'address') throw badRequest("'/address' is a mandatory attribute and can not be removed");
    return { op: 'replace' as const, path: operation.path, value: portDefaults[root] };
  });
  try {
    const result = applyPatch(current as Record<string, unknown>, whole);
    const { internal_info: _ours, ...rest } = result;
    checked('port', rest);
    const changes = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        booleans.includes(name) && value !== null ? booleanOf(value, name) : value,
      ]),
    );
    return { ...changes, address: macOf(String(result.address)) };
  } catch (error) {
    if (error instanceof PatchRefused) throw badRequest(error.message);
    throw error;
  }
};

const someOf = (row: PortText, fields: readonly string[], { context: { base } }: FastifyRequest): string => {
  const members = fields.filter(name => name !== 'links').map(name => member(row, portFieldPlace(name)!));
  return `{${[...members, `"links":${links(base, 'ports', row.uuid)}`].join(',')}}`;
};
