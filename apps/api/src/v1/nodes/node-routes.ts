import type { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bag, Node, NodeCommand, NodeCommandData, NodeCommandType, ProblemDetails } from '#domain';
import { nodeStream, Problem } from '#domain';
import type { Outcome } from '#command-handler';
import type { NodeText } from '#read-model';
import { ChangeNode } from '../../commands.js';
import { causeOf } from '../../http/cause.js';
import { requireMatch } from '../../http/entity-tags.js';
import { HttpRefusal } from '../../http/ironic-error.js';
import type { ApiPorts } from '../../ports.js';
import { findNode } from './node-ident.js';

/** What controllers below `/v1/nodes/{ident}` have in common: the node of the address, and commands about it. */
export class NodeRoutes {
  constructor(
    readonly ports: ApiPorts,
    private readonly commands: CommandBus,
  ) {}

  row(request: FastifyRequest): Promise<NodeText> {
    return findNode(this.ports, (request.params as { ident: string }).ident, request.context.minor);
  }

  /** The folded node, for what rows do not show. */
  async node(request: FastifyRequest): Promise<Node> {
    return this.ports.nodes.repository.load((await this.row(request)).uuid);
  }

  async change<T extends NodeCommandType>(
    request: FastifyRequest,
    type: T,
    data: NodeCommandData<T>,
  ): Promise<Outcome<Node>> {
    const row = await this.row(request);
    requireMatch(request, row.revision);
    const command = { type, nodeId: row.uuid, data } as unknown as NodeCommand;
    return this.commands.execute(new ChangeNode(command, causeOf(request)));
  }

  /**
   * A change of the hardware that the client waits for: asked for, done by the conductor, answered with what came of it.
   *
   * @throws Problem that the hardware ended it with
   */
  async act<T extends NodeCommandType>(
    request: FastifyRequest,
    type: T,
    data: NodeCommandData<T>,
  ): Promise<object | undefined> {
    const { state, events } = await this.change(request, type, data);
    const actionId = state.action?.id;
    if (!actionId || events.length === 0) return undefined;
    const until = this.ports.clock.now() + ACTION_PATIENCE_MS;
    for (;;) {
      const node = await this.ports.nodes.repository.load(state.uuid);
      if (node.action?.id !== actionId) return this.#outcome(node, state.revision, actionId);
      const leftMs = until - this.ports.clock.now();
      if (leftMs <= 0 || this.ports.closing.aborted) throw stillUnderWay(node);
      await this.ports.nodes.nextChange(state.uuid, leftMs);
    }
  }

  async #outcome(node: Node, after: number, actionId: string): Promise<object | undefined> {
    const events = await this.ports.store.readStream(nodeStream(node.uuid), after + 1);
    const end = events.find(({ type, data }) => END.test(type) && (data as { action?: string }).action === actionId);
    const { problem, result } = (end?.data ?? {}) as { problem?: ProblemDetails; result?: Bag };
    if (problem) throw new Problem(problem);
    return result && this.ports.content.plain(result);
  }

  accepted(request: FastifyRequest, reply: FastifyReply, below: string): void {
    const { ident } = request.params as { ident: string };
    void reply
      .code(202)
      .header('location', `${request.context.base}/v1/nodes/${encodeURIComponent(ident)}/${below}`)
      .send();
  }
}

/** How long a client waits for a quick change of the hardware. */
const ACTION_PATIENCE_MS = 60_000;
const END = /(Completed|Failed|Expired)$/;

const stillUnderWay = ({ uuid }: Node): Problem =>
  new Problem({
    code: 'hardware.deadline',
    title: 'Still under way',
    detail: `The change of node ${uuid} was taken on and is not done yet.`,
    hint: 'Its timeline will say what came of it.',
  });

/** Below the version that brought it a resource is not there (Ironic API reference). */
export const requireVersion = (request: FastifyRequest, since: number): void => {
  if (request.context.minor < since) throw new HttpRefusal(404, 'The resource could not be found.');
};
