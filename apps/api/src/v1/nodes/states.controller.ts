import { Controller, Get, Inject, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bag, NodeCommand } from '#domain';
import { powerTargets } from '#domain';
import { timestamp } from '#ironic';
import { causeOf } from '../../http/cause.js';
import { badRequest, notAcceptable } from '../../http/ironic-error.js';
import { Query } from '../../http/queries.js';
import { booleanOf, checked } from '../../http/validation.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { NodeRoutes, requireVersion } from './node-routes.js';
import { provisionCommand } from './provision.js';
import { rehearsal } from './rehearsal.js';

/** `/v1/nodes/{ident}/states` (Ironic API reference). */
@Controller('v1/nodes/:ident/states')
export class StatesController {
  readonly #routes: NodeRoutes;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) commands: CommandBus,
  ) {
    this.#routes = new NodeRoutes(ports, commands);
  }

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const node = await this.#routes.node(request);
    const { minor } = request.context;
    void reply.send({
      console_enabled: node.consoleEnabled,
      last_error: node.lastError,
      power_state: node.power.state,
      provision_state: node.provisionState,
      target_power_state: node.power.target,
      target_provision_state: node.targetProvisionState,
      provision_updated_at: timestamp(node.provisionUpdatedAt),
      ...(minor >= 12 && { raid_config: node.raid.actual, target_raid_config: node.raid.target }),
      ...(minor >= 75 && { boot_mode: node.boot.mode, secure_boot: node.boot.secure }),
    });
  }

  @Put('power')
  async power(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { target, timeout } = checked<{ target: string; timeout?: number | null }>('power', request.body);
    if (request.context.minor < 27 && (target.startsWith('soft') || (timeout ?? null) !== null))
      throw notAcceptable('Soft power operations and time-outs need API version 1.27.');
    if (!Object.hasOwn(powerTargets, target)) throw badRequest(`Invalid state requested: ${target}`);
    await this.#routes.change(request, 'ChangePower', { target, ...(timeout && { timeoutMs: timeout * 1000 }) });
    this.#routes.accepted(request, reply, 'states');
  }

  @Put('provision')
  async provision(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = new Query(request, request.context.minor);
    const dryRun = query.boolean('dry_run') ?? false;
    query.refuseOthers();
    const row = await this.#routes.row(request);
    const node = await this.ports.nodes.repository.load(row.uuid);
    const { type, data } = provisionCommand(request.body, node, request.context.minor, this.ports.settings.decisions);
    if (dryRun) {
      const command = { type, nodeId: row.uuid, data } as unknown as NodeCommand;
      void reply.send(await rehearsal(this.ports, command, causeOf(request)));
      return;
    }
    await this.#routes.change(request, type, data as never);
    this.#routes.accepted(request, reply, 'states');
  }

  @Put('raid')
  async raid(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.context.minor < 12) throw notAcceptable('RAID needs API version 1.12.');
    const config = checked<Bag>('raid-config', request.body);
    const disks = (config.logical_disks ?? []) as { is_root_volume?: boolean }[];
    if (disks.filter(disk => disk.is_root_volume).length > 1)
      throw badRequest('Only one of the logical disks can be the root volume.');
    await this.#routes.change(request, 'TargetRaidConfig', { config });
    void reply.code(204).send();
  }

  @Get('console')
  async console(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const node = await this.#routes.node(request);
    if (!node.consoleEnabled) {
      void reply.send({ console_enabled: false, console_info: null });
      return;
    }
    const info = await this.ports.reads.read(node.uuid, 'console', 'get_console', {}, READ_DEADLINE_MS);
    void reply.send({ console_enabled: true, console_info: info });
  }

  @Put('console')
  async setConsole(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { enabled } = checked<{ enabled: unknown }>('console', request.body);
    await this.#routes.change(request, 'SetConsole', { enabled: booleanOf(enabled, 'enabled') });
    this.#routes.accepted(request, reply, 'states/console');
  }

  @Put('boot_mode')
  async bootMode(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 76);
    const { target } = checked<{ target: string }>('boot-mode', request.body);
    await this.#routes.change(request, 'SetBootMode', { mode: target });
    this.#routes.accepted(request, reply, 'states');
  }

  @Put('secure_boot')
  async secureBoot(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 76);
    const { target } = checked<{ target: unknown }>('secure-boot', request.body);
    await this.#routes.change(request, 'SetSecureBoot', { state: booleanOf(target, 'target') });
    this.#routes.accepted(request, reply, 'states');
  }
}

/** Reads of the hardware that a client waits for. */
export const READ_DEADLINE_MS = 30_000;
