import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { schemasFolder } from '#schemas';
import { positionToken } from '../ferrolog/position-token.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { METRICS, type Metrics } from './metrics.js';
import { statusOf } from './status.js';

/** Kept as YAML for people, answered as JSON for programs: made when first asked for. */
const readAsyncApi = (): string => JSON.stringify(parse(readFileSync(join(schemasFolder, 'asyncapi.yaml'), 'utf8')));
let asyncApi: string | undefined;

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

  @Get('asyncapi.json')
  asyncapi(@Res() reply: FastifyReply): void {
    void reply.type('application/json').send((asyncApi ??= readAsyncApi()));
  }

  /** What `ferrolog doctor` reads. */
  @Get('ferrolog/v1/status')
  async status(@Req() { context }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.send(await statusOf(this.ports, context.principal.id));
  }

  /** Builds the read model anew beside the one in force and swaps them. */
  @Post('ferrolog/v1/rebuild')
  async rebuild(@Res() reply: FastifyReply): Promise<void> {
    const { events, position, seconds } = await this.ports.rebuild();
    void reply.send({ events, position: positionToken(this.ports.store.identity, position), seconds });
  }
}
