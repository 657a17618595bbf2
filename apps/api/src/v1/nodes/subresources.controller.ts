import { Controller, Delete, Get, Inject, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bag, Node } from '#domain';
import { interfaceTypes, Problem } from '#domain';
import { isBlob } from '#command-handler';
import { timestamp } from '#ironic';
import { badRequest, notFound } from '../../http/ironic-error.js';
import { Query, requestedFields } from '../../http/queries.js';
import { checked, requireNoBody } from '../../http/validation.js';
import { API_PORTS, type ApiPorts } from '../../ports.js';
import { links } from '../links.js';
import { NodeRoutes, requireVersion } from './node-routes.js';
import { findNode } from './node-ident.js';

/** What belongs to a node and is no state: traits, VIFs, BIOS settings, firmware, inventory, media (Ironic API reference). */
@Controller('v1/nodes')
export class SubresourcesController {
  readonly #routes: NodeRoutes;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) commands: CommandBus,
  ) {
    this.#routes = new NodeRoutes(ports, commands);
  }

  @Get('validate')
  async validateByQuery(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = new Query(request, request.context.minor);
    const ident = query.text('node') ?? query.text('node_uuid');
    query.text('node_uuid');
    query.refuseOthers();
    if (!ident) throw badRequest('The node to validate is missing: ?node=.');
    const { uuid } = await findNode(this.ports, ident, request.context.minor);
    void reply.send(this.#validation(await this.ports.nodes.repository.load(uuid)));
  }

  @Get(':ident/validate')
  async validate(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.send(this.#validation(await this.#routes.node(request)));
  }

  @Get(':ident/traits')
  async traits(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 37);
    void reply.send({ traits: (await this.#routes.node(request)).traits });
  }

  @Put(':ident/traits')
  async setTraits(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 37);
    const { traits } = checked<{ traits: string[] }>('traits', request.body);
    traits.forEach(requireTrait);
    await this.#routes.change(request, 'SetTraits', { traits });
    void reply.code(204).send();
  }

  @Put(':ident/traits/:trait')
  async addTrait(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 37);
    const { ident, trait } = request.params as { ident: string; trait: string };
    requireNoBody(request.body);
    requireTrait(trait);
    await this.#routes.change(request, 'AddTrait', { trait });
    void reply
      .code(204)
      .header('location', `${request.context.base}/v1/nodes/${encodeURIComponent(ident)}/traits/${trait}`)
      .send();
  }

  @Delete(':ident/traits')
  async clearTraits(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 37);
    await this.#routes.change(request, 'SetTraits', { traits: [] });
    void reply.code(204).send();
  }

  @Delete(':ident/traits/:trait')
  async removeTrait(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 37);
    await this.#routes.change(request, 'RemoveTrait', { trait: (request.params as { trait: string }).trait });
    void reply.code(204).send();
  }

  @Get(':ident/vifs')
  async vifs(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 28);
    const { ports } = await this.#routes.node(request);
    void reply.send({ vifs: Object.values(ports).flatMap(({ vif }) => (vif ? [{ id: vif.id }] : [])) });
  }

  @Post(':ident/vifs')
  async attachVif(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 28);
    const vif = checked<Bag>('vif', request.body);
    if (vif.port_uuid && vif.portgroup_uuid) throw badRequest('Cannot specify both port_uuid and portgroup_uuid.');
    if ((vif.port_uuid ?? vif.portgroup_uuid) && request.context.minor < 67)
      throw badRequest('port_uuid and portgroup_uuid need API version 1.67.');
    await this.#routes.change(request, 'AttachVif', { vif });
    void reply.code(204).send();
  }

  @Delete(':ident/vifs/:vif')
  async detachVif(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 28);
    await this.#routes.change(request, 'DetachVif', { vif: (request.params as { vif: string }).vif });
    void reply.code(204).send();
  }

  @Get(':ident/bios')
  async bios(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 40);
    const { minor } = request.context;
    const query = new Query(request, minor);
    const detail = query.boolean('detail', 74) ?? false;
    const fields = requestedFields(query, minor, name =>
      [...biosBrief, ...biosDetail].includes(name) ? 74 : undefined,
    );
    query.refuseOthers();
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const settings = await this.#biosSettings(request);
    const shown = fields ?? (detail ? [...biosBrief, ...biosDetail] : biosBrief);
    void reply.send({ bios: settings.map(setting => ({ ...pick(setting, shown), links: setting.links })) });
  }

  @Get(':ident/bios/:setting')
  async biosSetting(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 40);
    const { ident, setting: name } = request.params as { ident: string; setting: string };
    const setting = (await this.#biosSettings(request)).find(one => one.name === name);
    if (!setting) throw notFound(`Node ${ident} doesn't have a BIOS setting '${name}'`);
    const shown = request.context.minor >= 74 ? [...biosBrief, ...biosDetail] : biosBrief;
    void reply.send({ [name]: { ...pick(setting, shown), links: setting.links } });
  }

  @Get(':ident/firmware')
  async firmware(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 86);
    const { minor } = request.context;
    const query = new Query(request, minor);
    const all = [...firmwareFields, ...(minor >= 114 ? firmwareIdentity : [])];
    const fields = requestedFields(query, minor, name => (all.includes(name) ? 86 : undefined)) ?? all;
    query.refuseOthers();
    const { firmware, createdAt } = await this.#routes.node(request);
    const times = { created_at: timestamp(createdAt), updated_at: null };
    void reply.send({ firmware: firmware.map(component => pick({ ...times, ...component }, fields)) });
  }

  @Get(':ident/inventory')
  async inventory(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 81);
    const node = await this.#routes.node(request);
    if (!node.inventory) throw notFound(`No inventory for node ${node.uuid}: it was never inspected.`);
    void reply.send(await this.ports.content.plain(node.inventory));
  }

  @Get(':ident/children')
  async children(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 83);
    const { uuid } = await this.#routes.row(request);
    const children = await this.ports.readModel().nodes.childrenOf(uuid);
    void reply.send({
      children,
      links: { href: `${request.context.base}/v1/nodes/${uuid}/children`, rel: 'children' },
    });
  }

  @Get(':ident/vmedia')
  async virtualMedia(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 93);
    const { virtualMedia } = await this.#routes.node(request);
    void reply.send(virtualMedia.map(({ media_types, inserted, image }) => ({ media_types, inserted, image })));
  }

  @Post(':ident/vmedia')
  async attachVirtualMedia(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 89);
    const args = checked<Bag>('virtual-media', request.body);
    await this.#routes.change(request, 'AttachVirtualMedia', { deviceType: args.device_type as string, args });
    void reply.code(204).send();
  }

  @Delete(':ident/vmedia')
  async detachVirtualMedia(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireVersion(request, 89);
    const query = new Query(request, request.context.minor);
    const types = query.list('device_types')?.filter(Boolean) ?? ['cdrom', 'disk', 'floppy'];
    query.refuseOthers();
    await this.#routes.change(request, 'DetachVirtualMedia', { deviceTypes: types });
    void reply.code(204).send();
  }

  /** Every interface, usable or why not (Ironic, hardware types). */
  #validation(node: Node): Record<string, { result: boolean; reason?: string }> {
    return Object.fromEntries(
      interfaceTypes
        .filter(type => type !== 'vendor')
        .map(type => {
          const reason = this.ports.catalog.refusal(node, type);
          return [type, reason === undefined ? { result: true } : { result: false, reason }];
        }),
    );
  }

  async #biosSettings(request: FastifyRequest): Promise<(Bag & { readonly links: unknown })[]> {
    const { ident } = request.params as { ident: string };
    const { biosSettings } = await this.#routes.node(request);
    if (!biosSettings) return [];
    const { content, readAt } = biosSettings;
    const { settings } = (isBlob(content) ? await this.ports.content.plainValue(content) : content) as {
      settings: Bag[];
    };
    const times = { created_at: timestamp(readAt), updated_at: null };
    return settings.map(setting => ({
      ...times,
      ...setting,
      links: JSON.parse(
        links(
          request.context.base,
          'nodes',
          encodeURIComponent(ident),
          `/bios/${encodeURIComponent(setting.name as string)}`,
        ),
      ) as unknown,
    }));
  }
}

const biosBrief = ['created_at', 'updated_at', 'name', 'value'];
const biosDetail = [
  'attribute_type', 'allowable_values', 'lower_bound', 'max_length', 'min_length', 'read_only', 'reset_required', 'unique', 'upper_bound',
]; // prettier-ignore
const firmwareFields = [
  'created_at',
  'updated_at',
  'component',
  'initial_version',
  'current_version',
  'last_version_flashed',
];
const firmwareIdentity = ['vendor', 'model', 'serial_number'];

const pick = (bag: Bag, names: readonly string[]): Bag =>
  Object.fromEntries(names.map(name => [name, bag[name] ?? null]));

/**
 * Standard traits by the namespaces of os-traits, and custom ones (Ironic API reference). The standard names themselves
 * grow with every release of that library: here a name of tomorrow is taken too.
 */
const traitPattern = /^(CUSTOM|HW|COMPUTE|STORAGE|MISC|OWNER)_[A-Z0-9_]+$/;

const requireTrait = (trait: string): void => {
  if (trait.length <= 255 && traitPattern.test(trait)) return;
  throw new Problem({
    code: 'request.invalid',
    title: 'This is no trait',
    detail: `Invalid trait '${trait}'. A valid trait must be no longer than 255 characters. Standard traits are defined in the os_traits library. A custom trait must start with the prefix CUSTOM_ and use the following characters: A-Z, 0-9 and _`,
  });
};
