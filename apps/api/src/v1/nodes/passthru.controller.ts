import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bag, Node, PassthruManifest } from '#domain';
import { implementationOf } from '#domain';
import { badRequest } from '../../http/ironic-error.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { NodeRoutes } from './node-routes.js';
import { READ_DEADLINE_MS } from './states.controller.js';

/** `/v1/nodes/{ident}/vendor_passthru` (Ironic, hardware types). */
@Controller('v1/nodes/:ident/vendor_passthru')
export class PassthruController {
  readonly #routes: NodeRoutes;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) commands: CommandBus,
  ) {
    this.#routes = new NodeRoutes(ports, commands);
  }

  @Get('methods')
  async methods(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const methods = this.#methodsOf(await this.#routes.node(request));
    void reply.send(
      Object.fromEntries(
        Object.entries(methods).map(([name, { methods, async, description, attach, exclusive }]) => [
          name,
          { http_methods: methods, async, description, attach, require_exclusive_lock: exclusive },
        ]),
      ),
    );
  }

  @All()
  async byQuery(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { method, ...rest } = (request.query ?? {}) as Record<string, string>;
    if (!method) throw badRequest('Method not specified');
    await this.#call(request, reply, method, rest);
  }

  @All(':method')
  async byPath(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#call(request, reply, (request.params as { method: string }).method, (request.query ?? {}) as Bag);
  }

  async #call(request: FastifyRequest, reply: FastifyReply, method: string, query: Bag): Promise<void> {
    const node = await this.#routes.node(request);
    const methods = this.#methodsOf(node);
    const manifest = Object.hasOwn(methods, method) ? methods[method] : undefined;
    const args = { ...query, ...((request.body ?? {}) as Bag) };
    if (manifest && request.method === 'GET' && manifest.methods.includes('GET')) {
      void reply.send(await this.ports.reads.read(node.uuid, 'vendor', method, args, READ_DEADLINE_MS));
      return;
    }
    const data = { method, httpMethod: request.method, args };
    if (manifest?.async === false) {
      const { return: value } = ((await this.#routes.act(request, 'CallVendorPassthru', data)) ?? {}) as {
        return?: unknown;
      };
      void reply
        .code(200)
        .type('application/json')
        .send(JSON.stringify(value ?? null));
      return;
    }
    await this.#routes.change(request, 'CallVendorPassthru', data);
    void reply.code(202).send();
  }

  #methodsOf(node: Node): Readonly<Record<string, PassthruManifest>> {
    const driver = this.ports.catalog.driver(node.attributes.driver, node.attributes.conductor_group);
    return (driver && implementationOf(node, driver, 'vendor')?.passthru) ?? {};
  }
}
