import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONDUCTOR_LIFE_MS, isoOf } from '#domain';
import { schemasFolder } from '#schemas';
import { positionToken } from '../ferrolog/position-token.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { METRICS, type Metrics } from './metrics.js';

/** For whoever runs the server: health, metrics, contracts and the state of the fleet. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  /** The process lives. */
  @Get('healthz')
  health(@Res() reply: FastifyReply): void {
    void reply.send({ status: 'ok' });
  }

  /** Requests are answered as they should be. */
  @Get('readyz')
  ready(@Res() reply: FastifyReply): void {
    const impediments = this.ports.impediments();
    void reply
      .code(impediments.length === 0 ? 200 : 503)
      .send({ status: impediments.length === 0 ? 'ready' : 'not ready', impediments });
  }

  @Get('metrics')
  async prometheus(@Res() reply: FastifyReply): Promise<void> {
    void reply.type('text/plain; version=0.0.4').send(await this.metrics.text());
  }

  @Get('openapi.json')
  openapi(@Res() reply: FastifyReply): void {
    void reply.type('application/json').send(readFileSync(join(schemasFolder, 'openapi.json')));
  }

  /** What `ferrolog doctor` reads. */
  @Get('ferrolog/v1/status')
  async status(@Req() { context }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { store, telemetry, clock } = this.ports;
    const model = this.ports.readModel();
    const head = await store.head();
    const now = clock.now();
    const conductors = [...telemetry.conductors()].map(([host, seen]) => ({
      host,
      seen: isoOf(seen),
      alive: now - seen < CONDUCTOR_LIFE_MS,
    }));
    void reply.send({
      time: isoOf(now),
      requested_by: context.principal.id,
      store: { ...store.identity, head: positionToken(store.identity, head), events: head },
      read_model: { position: positionToken(store.identity, model.position), behind: head - model.position },
      conductors,
      drivers: this.ports.catalog.drivers().map(({ manifest, hosts }) => ({ name: manifest.hardwareType, hosts })),
      open_work: await model.openWork.all(),
      impediments: this.ports.impediments(),
    });
  }

  /** Builds the read model anew beside the one in force and swaps them. */
  @Post('ferrolog/v1/rebuild')
  async rebuild(@Res() reply: FastifyReply): Promise<void> {
    const { events, position, seconds } = await this.ports.rebuild();
    void reply.send({ events, position: positionToken(this.ports.store.identity, position), seconds });
  }
}
