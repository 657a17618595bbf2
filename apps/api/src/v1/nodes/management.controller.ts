import { Controller, Delete, Get, Inject, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { implementationOf, unsupported } from '#domain';
import { notFound } from '../../http/ironic-error.js';
import { booleanOf, checked, requireNoBody } from '../../http/validation.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { links } from '../links.js';
import { NodeRoutes, requireVersion } from './node-routes.js';
import { READ_DEADLINE_MS } from './states.controller.js';

/** Boot device, NMI, indicators and maintenance of a node (Ironic API reference). */
@Controller('v1/nodes/:ident')
export class ManagementController {
  readonly #routes: NodeRoutes;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) commands: CommandBus,
  ) {
    this.#routes = new NodeRoutes(ports, commands);
  }

  @Put('maintenance')
  async setMaintenance(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { reason = null } = checked<{ reason?: string | null }>('maintenance', request.body ?? {});
    await this.#routes.change(request, 'SetMaintenance', { reason });
    void reply.code(202).send();
  }

  @Delete('maintenance')
  async clearMaintenance(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#routes.change(request, 'ClearMaintenance', {});
    void reply.code(202).send();
  }

  @Get('management/boot_device')
  async bootDevice(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.send(await this.#read(request, 'get_boot_device'));
  }

  @Put('management/boot_device')
  async setBootDevice(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { boot_device: device, persistent } = checked<{ boot_device: string; persistent?: unknown }>(
      'boot-device',
      request.body,
    );
    const data = {
      device,
      persistent: persistent === undefined || persistent === null ? false : booleanOf(persistent, 'persistent'),
    };
    await this.#routes.act(request, 'SetBootDevice', data);
    void reply.code(204).send();
  }

  @Get('management/boot_device/supported')
  async supportedBootDevices(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const node = await this.#routes.node(request);
    const driver = this.ports.catalog.driver(node.attributes.driver, node.attributes.conductor_group);
    const devices = driver && implementationOf(node, driver, 'management')?.supports['boot devices'];
    if (!devices) throw unsupported(node, 'management', 'boot devices');
    void reply.send({ supported_boot_devices: devices });
  }

  @Put('management/inject_nmi')
  async injectNmi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 29);
    requireNoBody(request.body);
    await this.#routes.act(request, 'InjectNmi', {});
    void reply.code(204).send();
  }

  @Get('management/indicators')
  async indicators(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 63);
    const { ident } = request.params as { ident: string };
    const found = (await this.#read(request, 'get_indicators')) as {
      component: string;
      indicator: string;
      readonly: boolean;
      states: string[];
    }[];
    void reply.send({
      indicators: found.map(({ component, indicator, readonly, states }) => ({
        name: `${indicator}@${component}`,
        component,
        readonly,
        states,
        links: JSON.parse(
          links(
            request.context.base,
            'nodes',
            encodeURIComponent(ident),
            `/management/indicators/${indicator}@${component}`,
          ),
        ) as unknown,
      })),
    });
  }

  @Get('management/indicators/:name')
  async indicator(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 63);
    const [indicator, component] = indicatorName(request);
    void reply.send({ state: await this.#read(request, 'get_indicator_state', { component, indicator }) });
  }

  @Put('management/indicators/:name')
  async setIndicator(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 63);
    const [indicator, component] = indicatorName(request);
    const { state } = checked<{ state: string }>('indicator', request.body);
    await this.#routes.act(request, 'SetIndicator', { component, indicator, state });
    void reply.code(204).send();
  }

  async #read(request: FastifyRequest, question: string, args: object = {}): Promise<unknown> {
    const { uuid } = await this.#routes.row(request);
    return this.ports.reads.read(uuid, 'management', question, args, READ_DEADLINE_MS);
  }
}

const indicatorName = ({ params }: FastifyRequest): [string, string] => {
  const [indicator, component, ...more] = (params as { name: string }).name.split('@');
  if (!indicator || !component || more.length > 0)
    throw notFound(`Indicator ${(params as { name: string }).name} could not be found.`);
  return [indicator, component];
};
