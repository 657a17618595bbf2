import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONDUCTOR_LIFE_MS, isoOf } from '#domain';
import { timestamp } from '#ironic';
import type { ConductorRow } from '#read-model';
import { badRequest, HttpRefusal, notFound } from '../http/ironic-error.js';
import { Query, requestedFields } from '../http/queries.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { links, nextPage } from './links.js';

const fieldNames = ['hostname', 'conductor_group', 'alive', 'drivers', 'created_at', 'updated_at', 'links'];
const sinceOf = (name: string): number | undefined => (fieldNames.includes(name) ? 49 : undefined);

/** `/v1/conductors` (Ironic API reference). Whether one lives is read off its signs of life. */
@Controller('v1/conductors')
export class ConductorsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireConductors(request);
    const { minor, base } = request.context;
    const query = new Query(request, minor);
    const detail = query.boolean('detail') ?? false;
    const fields = requestedFields(query, minor, sinceOf);
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const page = query.page(this.ports.settings.maxLimit, key =>
      ['hostname', 'conductor_group', 'created_at', 'updated_at'].includes(key),
    );
    query.refuseOthers();
    const rows = ordered(await this.ports.readModel().conductors.all(), page.sortKey ?? 'id', page.descending ?? false);
    const from =
      page.marker === undefined ? 0 : rows.findIndex(({ hostname }) => hostname.toLowerCase() === page.marker) + 1;
    if (page.marker !== undefined && from === 0) throw badRequest(`The marker ${page.marker} could not be found.`);
    const shown = rows.slice(from, from + page.limit);
    const bodies = shown.map(row =>
      this.#body(row, fields ?? (detail ? fieldNames : ['hostname', 'conductor_group', 'alive', 'links']), base),
    );
    const next = nextPage(base, 'conductors', shown.at(-1)?.hostname, shown.length, page.limit, {
      sort_key: page.sortKey ?? 'id',
      sort_dir: page.descending ? 'desc' : 'asc',
    });
    void reply.type('application/json').send(`{"conductors":${JSON.stringify(bodies)}${next}}`);
  }

  @Get(':hostname')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireConductors(request);
    const { minor, base } = request.context;
    const { hostname } = request.params as { hostname: string };
    const query = new Query(request, minor);
    const fields = requestedFields(query, minor, sinceOf);
    query.refuseOthers();
    const row = (await this.ports.readModel().conductors.all()).find(one => one.hostname === hostname);
    if (!row) throw notFound(`Conductor ${hostname} could not be found.`);
    void reply.send(this.#body(row, fields ?? fieldNames, base));
  }

  #body(row: ConductorRow, fields: readonly string[], base: string): object {
    const seen = this.ports.telemetry.conductors().get(row.hostname);
    const all: Record<string, unknown> = {
      hostname: row.hostname,
      conductor_group: row.conductor_group,
      alive: seen !== undefined && this.ports.clock.now() - seen < CONDUCTOR_LIFE_MS,
      drivers: JSON.parse(row.drivers),
      created_at: timestamp(row.created_at),
      updated_at: timestamp(seen === undefined ? row.updated_at : isoOf(seen)),
      links: JSON.parse(links(base, 'conductors', row.hostname)),
    };
    return Object.fromEntries([...new Set([...fields, 'links'])].map(name => [name, all[name]]));
  }
}

const requireConductors = ({ context }: FastifyRequest): void => {
  if (context.minor < 49) throw new HttpRefusal(404, 'The resource could not be found.');
};

const ordered = (rows: readonly ConductorRow[], key: string, descending: boolean): ConductorRow[] => {
  const value = (row: ConductorRow) => row[key as keyof ConductorRow];
  const up = rows.toSorted((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  return descending ? up.reverse() : up;
};
