import { Controller, Delete, Get, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Bag, ChassisCommand, PatchOperation } from '#domain';
import { applyPatch, chassisMissing, isUuid, PatchRefused } from '#domain';
import { uuidV5 } from '#command-handler';
import { timestamp } from '#ironic';
import type { ChassisRow } from '#read-model';
import { MarkerMissing } from '#read-model';
import { ChangeChassis } from '../commands.js';
import { causeOf } from '../http/cause.js';
import { badRequest } from '../http/ironic-error.js';
import { Query, requestedFields } from '../http/queries.js';
import { checked } from '../http/validation.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { links, nextPage } from './links.js';
import { NodeAnswers } from './nodes/node-answers.js';

const fieldNames = ['created_at', 'description', 'extra', 'links', 'nodes', 'updated_at', 'uuid'];
const sinceOf = (name: string): number | undefined => (fieldNames.includes(name) ? 1 : undefined);

/** `/v1/chassis` (Ironic API reference). */
@Controller('v1/chassis')
export class ChassisController {
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
    await this.#list(request, reply, query, query.boolean('detail', 43) ?? false, 'chassis');
  }

  @Get('detail')
  async detail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#list(request, reply, new Query(request, request.context.minor), true, 'chassis/detail');
  }

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const body = checked<{ uuid?: string | null; description?: string | null; extra?: Bag | null }>(
      'chassis-create',
      request.body ?? {},
    );
    const cause = causeOf(request);
    const uuid = body.uuid?.toLowerCase() ?? (cause.idempotency ? uuidV5(cause.commandId, 'chassis') : randomUUID());
    const command: ChassisCommand = {
      type: 'CreateChassis',
      description: body.description ?? null,
      extra: body.extra ?? {},
    };
    await this.commands.execute(new ChangeChassis(uuid, command, cause));
    const row = await this.#require(uuid);
    void reply
      .code(201)
      .header('location', `${request.context.base}/v1/chassis/${uuid}`)
      .send(bodyOf(row, fieldNames, request));
  }

  @Get(':uuid')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    const query = new Query(request, minor);
    const fields = requestedFields(query, minor, sinceOf);
    query.refuseOthers();
    void reply.send(bodyOf(await this.#find(request), fields ?? fieldNames, request));
  }

  @Get(':uuid/nodes')
  async nodes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { uuid } = await this.#find(request);
    const rows = await this.ports
      .readModel()
      .nodes.brief({ chassis_uuid: uuid, include_children: true }, { limit: this.ports.settings.maxLimit });
    void reply
      .type('application/json')
      .send(`{"nodes":[${rows.map(row => this.#answers.brief(row, request.context)).join(',')}]}`);
  }

  @Get(':uuid/nodes/detail')
  async nodesInDetail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { uuid } = await this.#find(request);
    const rows = await this.ports
      .readModel()
      .nodes.texts({ chassis_uuid: uuid, include_children: true }, { limit: this.ports.settings.maxLimit });
    const texts = await Promise.all(rows.map(row => this.#answers.whole(row, request.context)));
    void reply.type('application/json').send(`{"nodes":[${texts.join(',')}]}`);
  }

  @Patch(':uuid')
  async patch(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const row = await this.#find(request);
    const operations = checked<PatchOperation[]>('patch', request.body);
    const command: ChassisCommand = { type: 'ChangeChassis', changes: patched(row, operations) };
    await this.commands.execute(new ChangeChassis(row.uuid, command, causeOf(request)));
    void reply.send(bodyOf(await this.#require(row.uuid), fieldNames, request));
  }

  @Delete(':uuid')
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const row = await this.#find(request);
    const hasNodes = await this.ports.readModel().nodes.hasNodesIn(row.uuid);
    await this.commands.execute(new ChangeChassis(row.uuid, { type: 'DeleteChassis', hasNodes }, causeOf(request)));
    void reply.code(204).send();
  }

  async #find(request: FastifyRequest): Promise<ChassisRow> {
    const { uuid } = request.params as { uuid: string };
    if (!isUuid(uuid)) throw badRequest(`Expected a UUID but received ${uuid}.`);
    return this.#require(uuid.toLowerCase());
  }

  async #require(uuid: string): Promise<ChassisRow> {
    const row = await this.ports.readModel().chassis.byUuid(uuid);
    if (!row) throw chassisMissing(uuid);
    return row;
  }

  async #list(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Query,
    detail: boolean,
    path: string,
  ): Promise<void> {
    const { minor, base } = request.context;
    const fields = requestedFields(query, minor, sinceOf);
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const page = query.page(this.ports.settings.maxLimit, key =>
      ['uuid', 'description', 'created_at', 'updated_at'].includes(key),
    );
    query.refuseOthers();
    const rows = await this.ports
      .readModel()
      .chassis.list(page)
      .catch((error: unknown) => {
        if (error instanceof MarkerMissing) throw badRequest(`The marker ${error.message} could not be found.`);
        throw error;
      });
    const shown = fields ?? (detail ? fieldNames : ['uuid', 'description']);
    const bodies = rows.map(row => bodyOf(row, shown, request));
    const keep = {
      sort_key: page.sortKey ?? 'id',
      sort_dir: page.descending ? 'desc' : 'asc',
      ...(fields && { fields: fields.join(',') }),
    };
    const next = nextPage(base, path, rows.at(-1)?.uuid, rows.length, page.limit, keep);
    void reply.type('application/json').send(`{"chassis":${JSON.stringify(bodies)}${next}}`);
  }
}

const patched = (row: ChassisRow, operations: readonly PatchOperation[]): Bag => {
  const removed = operations.map(operation =>
    operation.op === 'remove' && /^\/(extra|description)$/.test(operation.path)
      ? { op: 'replace' as const, path: operation.path, value: operation.path === '/extra' ? {} : null }
      : operation,
  );
  try {
    const result = applyPatch({ description: row.description, extra: JSON.parse(row.extra) }, removed);
    return { ...checked<Bag>('chassis', result), extra: result.extra ?? {} };
  } catch (error) {
    if (error instanceof PatchRefused) throw badRequest(error.message);
    throw error;
  }
};

const bodyOf = (row: ChassisRow, fields: readonly string[], { context: { base } }: FastifyRequest): object => {
  const all: Record<string, unknown> = {
    uuid: row.uuid,
    description: row.description,
    extra: JSON.parse(row.extra),
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
    links: JSON.parse(links(base, 'chassis', row.uuid)),
    nodes: JSON.parse(links(base, 'chassis', row.uuid, '/nodes')),
  };
  return Object.fromEntries([...new Set([...fields, 'links'])].map(name => [name, all[name]]));
};
