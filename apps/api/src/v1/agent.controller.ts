import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Bag, Node, NodeCommand } from '#domain';
import { foundBy, isHeard, isUuid, mayLookUp, unexpectedAgent } from '#domain';
import type { Outcome } from '#command-handler';
import { rootCause } from '#command-handler';
import { MASK, masked, member, nodeFieldPlace } from '#ironic';
import type { NodeText } from '#read-model';
import { ChangeNode } from '../commands.js';
import { badRequest, notFound } from '../http/ironic-error.js';
import { checked } from '../http/validation.js';
import { Query } from '../http/queries.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { links } from './links.js';
import { findNode } from './nodes/node-ident.js';
import { rowAfter } from './nodes/row-of-fold.js';

const HEARTBEAT_TIMEOUT_S = 300;

interface HeartbeatBody {
  readonly callback_url: string;
  readonly agent_version?: string | null;
  readonly agent_token?: string | null;
  readonly agent_verify_ca?: string | null;
  readonly agent_status?: string | null;
  readonly agent_status_message?: string | null;
}

/** What agents call: no account, a token per boot (Ironic, agent API). */
@Controller('v1')
export class AgentController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) private readonly commands: CommandBus,
  ) {}

  @Get('lookup')
  async lookup(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    if (minor < 22) throw notFound('The resource could not be found.');
    const query = new Query(request, minor);
    const addresses = (query.list('addresses') ?? []).filter(address => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address));
    const given = query.text('node_uuid');
    query.refuseOthers();
    if (given !== undefined && !isUuid(given)) throw badRequest(`Expected a UUID for node_uuid but received ${given}.`);
    if (given === undefined && addresses.length === 0)
      throw badRequest('At least one of addresses and node_uuid is needed.');
    const uuid = given?.toLowerCase() ?? (await this.#nodeWith(addresses));
    const node = await this.ports.nodes.repository.load(uuid);
    if (!node.present || !mayLookUp(node, this.#surroundings())) throw unexpectedAgent(uuid);
    const token = minor >= 62 ? await this.#token(request, node) : null;
    void reply.send({
      node: nodeForAgent(await rowAfter(this.ports, node), request.context.base),
      config: agentConfig(node, token),
    });
  }

  @Post('heartbeat/:ident')
  async heartbeat(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    if (minor < 22) throw notFound('The resource could not be found.');
    const body = checked<HeartbeatBody>('heartbeat', request.body);
    requireKnown(body, minor);
    const { uuid } = await findNode(this.ports, (request.params as { ident: string }).ident, minor);
    if (body.callback_url !== '' && !/^https?:/.test(body.callback_url))
      throw badRequest(`callback_url "${body.callback_url}" is not a URL.`);
    if (!body.agent_token) throw badRequest('Agent token is required for heartbeat processing.');
    if (body.agent_status && !['start', 'end', 'error'].includes(body.agent_status))
      throw badRequest('Invalid agent_status: must be start, end or error.');
    if (!body.agent_version && !body.agent_status) throw badRequest('Agent version is required.');
    if (this.ports.settings.requireAgentTls && !body.callback_url.startsWith('https://'))
      throw badRequest('TLS is required for agents: callback_url must begin with https://.');
    const node = await this.ports.nodes.repository.load(uuid);
    const tokenMatches = await this.#matches(node, body.agent_token);
    if (tokenMatches && this.#isKnown(node, body)) this.#sign(node);
    else {
      const data = {
        callbackUrl: body.callback_url,
        version: body.agent_version ?? null,
        verifyCa: body.agent_verify_ca ?? null,
        tokenMatches,
      };
      const { state } = await this.#change(request, { type: 'ConnectAgent', nodeId: uuid, data });
      this.#sign(state);
    }
    void reply.code(202).send();
  }

  /** Where ramdisks call back with what they found out about their machine (Ironic, agent API). */
  @Post('continue_inspection')
  async continueInspection(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { minor } = request.context;
    // The agent sends no version at all, which means 1.1.
    if (minor !== 1 && minor < 84) throw notFound('The resource could not be found.');
    const query = new Query(request, minor);
    const given = minor >= 84 ? query.text('node_uuid') : undefined;
    query.refuseOthers();
    if (given !== undefined && !isUuid(given)) throw badRequest(`Expected a UUID for node_uuid but received ${given}.`);
    const { inventory, error, logs: _logs, ...pluginData } = requireInventory(request.body);
    const addresses = inventory.interfaces.map(({ mac_address }) => mac_address.toLowerCase());
    const uuid = given?.toLowerCase() ?? (await this.#nodeWith(addresses));
    const found = foundBy(inventory, this.ports.settings.decisions.inspectionAddPorts);
    const data = {
      inventory: {
        inventory,
        plugin_data: { ...pluginData, ...(typeof found === 'object' && found.pluginData) },
      },
      found,
      error: typeof error === 'string' && error ? error : null,
      portIds: addresses.map(() => randomUUID()),
    };
    const { state } = await this.#change(request, { type: 'ContinueInspection', nodeId: uuid, data });
    this.ports.signals.send(uuid, 'timer');
    const links = nodeForAgent(await rowAfter(this.ports, state), request.context.base);
    void reply.code(202).send(minor === 1 ? { uuid } : { node: links, config: agentConfig(state, null) });
  }

  /** Later heartbeats of a boot change nothing: they are signs of life, and no events. */
  #isKnown({ agent }: Node, body: HeartbeatBody): boolean {
    const connected = agent?.connected;
    return (
      connected?.callbackUrl === body.callback_url &&
      (connected.verifyCa ?? null) === (body.agent_verify_ca ?? connected.verifyCa ?? null)
    );
  }

  #sign(node: Node): void {
    if (!isHeard(node, this.#surroundings())) return;
    this.ports.telemetry.heard(node.uuid, this.ports.clock.now());
    this.ports.signals.send(node.uuid, 'heartbeat');
  }

  async #nodeWith(addresses: readonly string[]): Promise<string> {
    const [uuid, ...more] = await this.ports.readModel().ports.nodesWith(addresses);
    if (!uuid || more.length > 0) throw unexpectedAgent('with these addresses');
    return uuid;
  }

  /** Once in a boot in the clear, afterwards masked. */
  async #token(request: FastifyRequest, node: Node): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const data = { token: token as unknown as Bag, boot: randomUUID(), address: request.ip };
    const { events, repeated } = await this.#change(request, { type: 'IssueAgentToken', nodeId: node.uuid, data });
    return events.length > 0 && !repeated ? token : MASK;
  }

  async #matches({ agent }: Node, token: string): Promise<boolean> {
    if (!agent) return false;
    const expected = Buffer.from(String(await this.ports.content.plainValue(agent.token)));
    const given = Buffer.from(token);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  #change(request: FastifyRequest, command: NodeCommand): Promise<Outcome<Node>> {
    const address = {
      address: request.ip,
      ...(request.headers['user-agent'] && { userAgent: request.headers['user-agent'] }),
    };
    const principal = { kind: 'agent' as const, id: command.nodeId, ...address };
    return this.commands.execute(new ChangeNode(command, rootCause(randomUUID(), principal)));
  }

  #surroundings() {
    const { settings, catalog } = this.ports;
    return { settings: settings.decisions, catalog };
  }
}

interface InspectionBody extends Bag {
  readonly inventory: Bag & { readonly interfaces: readonly { readonly mac_address: string }[] };
}

const requireInventory = (body: unknown): InspectionBody => {
  const { interfaces } = ((body as Partial<InspectionBody> | null)?.inventory ?? {}) as Partial<
    InspectionBody['inventory']
  >;
  const isUsable =
    Array.isArray(interfaces) &&
    interfaces.length > 0 &&
    interfaces.every((each: unknown) => typeof (each as { mac_address?: unknown } | null)?.mac_address === 'string');
  if (!isUsable) throw badRequest('The body must have inventory.interfaces, each with a mac_address.');
  return body as InspectionBody;
};

const requireKnown = (body: HeartbeatBody, minor: number): void => {
  const since = { agent_version: 36, agent_token: 62, agent_verify_ca: 68, agent_status: 72, agent_status_message: 72 };
  for (const [name, version] of Object.entries(since))
    if (name !== 'agent_token' && body[name as keyof typeof since] && minor < version)
      throw badRequest(`Field ${name} needs API version 1.${version}.`);
};

const nodeForAgent = (row: NodeText, base: string): object => {
  const value = (name: string) => {
    const text = member(row, nodeFieldPlace(name)!);
    return JSON.parse(text.slice(text.indexOf(':') + 1)) as Bag;
  };
  return {
    uuid: row.uuid,
    properties: value('properties'),
    instance_info: masked(value('instance_info')),
    driver_internal_info: value('driver_internal_info'),
    links: JSON.parse(links(base, 'nodes', row.uuid)) as unknown,
  };
};

/** What an agent is told about its server (Ironic, agent API). */
const agentConfig = ({ attributes }: Node, agentToken: string | null): object => ({
  heartbeat_timeout: HEARTBEAT_TIMEOUT_S,
  agent_token: agentToken,
  agent_token_required: true,
  agent_md5_checksum_enable: true,
  disable_deep_image_inspection: false,
  permitted_image_formats: ['raw', 'gpt', 'qcow2', 'iso'],
  agent_skip_bmc_detect: /redfish/.test(attributes.management_interface ?? ''),
  enable_bios_bootloader_install: false,
  tls_min_version: '1.3',
  tls_cipher_suites: null,
  metrics: {
    backend: 'noop',
    prepend_host: false,
    prepend_uuid: false,
    prepend_host_reverse: true,
    global_prefix: null,
  },
  metrics_statsd: { statsd_host: 'localhost', statsd_port: 8125 },
  agent_containers: {
    allow_arbitrary_containers: false,
    allowed_containers: [],
    container_steps_file: null,
    runner: 'podman',
    pull_options: null,
    run_options: null,
  },
});
