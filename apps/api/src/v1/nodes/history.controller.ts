import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { timestamp } from '#ironic';
import type { HistoryRow } from '#read-model';
import { MarkerMissing } from '#read-model';
import { badRequest, notFound } from '../../http/ironic-error.js';
import { Query, requestedFields } from '../../http/queries.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { links, nextPage } from '../links.js';
import { NodeRoutes, requireVersion } from './node-routes.js';

/** `/v1/nodes/{ident}/history`: begin and end of step flows, and every error. */
@Controller('v1/nodes/:ident/history')
export class HistoryController {
  readonly #routes: NodeRoutes;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) commands: CommandBus,
  ) {
    this.#routes = new NodeRoutes(ports, commands);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 78);
    const { minor, base } = request.context;
    const query = new Query(request, minor);
    const detail = query.boolean('detail') ?? false;
    const fields = requestedFields(query, minor, sinceOf);
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const page = query.page(this.ports.settings.maxLimit, key => sinceOf(key) !== undefined && key !== 'links');
    query.refuseOthers();
    const { uuid } = await this.#routes.row(request);
    const rows = await this.ports
      .readModel()
      .history.ofNode(uuid, page)
      .catch((error: unknown) => {
        if (error instanceof MarkerMissing) throw badRequest(`The marker ${error.message} could not be found.`);
        throw error;
      });
    const shown = fields ?? (detail ? allFields(minor) : ['created_at', 'event', 'severity', 'uuid']);
    const entries = rows.map(row => entry(row, shown, base, uuid));
    const keep = {
      sort_key: page.sortKey ?? 'id',
      sort_dir: page.descending ? 'desc' : 'asc',
      ...(detail && { detail: 'True' }),
    };
    const next = nextPage(base, `nodes/${uuid}/history`, rows.at(-1)?.uuid, rows.length, page.limit, keep);
    void reply.type('application/json').send(`{"history":${JSON.stringify(entries)}${next}}`);
  }

  @Get(':uuid')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 78);
    const { uuid } = await this.#routes.row(request);
    const id = (request.params as { uuid: string }).uuid.toLowerCase();
    const row = await this.ports.readModel().history.entry(uuid, id);
    if (!row) throw notFound(`Node history record ${id} could not be found.`);
    void reply.send(entry(row, allFields(request.context.minor), request.context.base, uuid, false));
  }
}

/** First version of each field (Ironic API reference). */
const since: Readonly<Record<string, number>> = {
  uuid: 78,
  created_at: 78,
  severity: 78,
  event: 78,
  event_type: 78,
  conductor: 78,
  user: 78,
  project: 113,
  state: 115,
  target_provision_state: 115,
  duration_seconds: 115,
  links: 78,
};
const sinceOf = (name: string): number | undefined => (Object.hasOwn(since, name) ? since[name] : undefined);
const allFields = (minor: number): string[] =>
  Object.keys(since).filter(name => name !== 'links' && since[name]! <= minor);

const LONGEST_IN_LIST = 255;

const entry = (row: HistoryRow, fields: readonly string[], base: string, node: string, shorten = true): object => {
  const event = shorten && row.event.length > LONGEST_IN_LIST ? `${row.event.slice(0, 251)}...` : row.event;
  const all: Record<string, unknown> = { ...row, event, created_at: timestamp(row.created_at) };
  return {
    ...Object.fromEntries(fields.filter(name => name !== 'links').map(name => [name, all[name] ?? null])),
    links: JSON.parse(links(base, 'nodes', node, `/history/${row.uuid}`)) as unknown,
  };
};
