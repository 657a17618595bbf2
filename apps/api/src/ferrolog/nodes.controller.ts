import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Node, RecordedEvent } from '#domain';
import { absentNode, deadlineOf, foldNode, isUuid, missing, nodeStream, verbsOf, workOf } from '#domain';
import { MAX_MINOR, withoutSecrets } from '#ironic';
import { badRequest } from '../http/ironic-error.js';
import { Query } from '../http/queries.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { findNode } from '../v1/nodes/node-ident.js';
import { targetsIn } from '../v1/nodes/provision.js';
import { eventsAsOf } from './as-of.js';
import { eventJson } from './event-json.js';
import { positionToken } from './position-token.js';
import { timelineOf } from './timeline.js';
import { explain } from './why.js';

/** `/ferrolog/v1/nodes/{id}`: what Ironic's API has no words for. Nodes that are gone are found by their uuid. */
@Controller('ferrolog/v1/nodes/:ident')
export class NativeNodesController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { node, events } = await this.#read(request);
    if (!node.present && events.length === 0) throw missing(node.uuid);
    const { identity } = this.ports.store;
    const work = workOf(node);
    const { commands: _bookkeeping, tip: _too, position, agent, ...state } = node;
    void reply.header('etag', `"${node.revision}"`).send({
      uuid: node.uuid,
      revision: node.revision,
      position: positionToken(identity, position),
      present: node.present,
      verbs: node.present ? verbsOf(node.provisionState) : [],
      targets: node.present ? targetsIn(node.provisionState) : [],
      work: work ? { kind: work.kind, deadline: deadlineOf(work) } : null,
      state: withoutSecrets({ ...state, agent: agent && { ...agent, token: undefined } }),
    });
  }

  @Get('events')
  async events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { events } = await this.#read(request);
    void reply.send({ events: events.map(event => eventJson(event, this.ports.store)) });
  }

  @Get('timeline')
  async timeline(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { node, events } = await this.#read(request);
    const { uuid, attributes, provisionState } = node;
    void reply.send(timelineOf({ node: uuid, name: attributes.name, provision_state: provisionState }, events));
  }

  @Get('why')
  async why(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { node, events } = await this.#read(request);
    void reply.send(explain(node, events));
  }

  async #read(request: FastifyRequest): Promise<{ node: Node; events: readonly RecordedEvent[] }> {
    const query = new Query(request, MAX_MINOR);
    const asOf = query.text('as_of');
    query.refuseOthers();
    const { ident } = request.params as { ident: string };
    const uuid = isUuid(ident) ? ident.toLowerCase() : (await findNode(this.ports, ident, MAX_MINOR)).uuid;
    const events =
      asOf === undefined
        ? await this.ports.store.readStream(nodeStream(uuid))
        : await eventsAsOf(this.ports.store, uuid, asOf);
    if (events.length === 0)
      throw asOf === undefined ? missing(ident) : badRequest(`Node ${ident} was not there yet at ${asOf}.`);
    return { node: foldNode(uuid, events, absentNode(uuid)), events };
  }
}
