import type { Bag, HardwareReads, InterfaceType, Node, NodeCommand, Surroundings } from '#domain';
import { Problem } from '#domain';
import type { CommandHandler } from '#command-handler';
import type { Performer } from './perform.js';
import { hintOf } from './problems.js';

/** Reads of the hardware by the conductor of the same process. Deadlines hold here as they do over a log. */
export class LocalHardwareReads implements HardwareReads {
  constructor(
    private readonly nodes: CommandHandler<Node, NodeCommand, Surroundings>,
    private readonly performer: Performer,
  ) {}

  async read(nodeId: string, type: string, question: string, args: object, deadlineMs: number): Promise<unknown> {
    const node = await this.nodes.repository.load(nodeId);
    const signal = AbortSignal.timeout(deadlineMs);
    const late = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(deadline(node, question, deadlineMs))),
    );
    try {
      return await Promise.race([
        this.performer.read(node, type as InterfaceType, question, args as Bag, signal),
        late,
      ]);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem(
        {
          code: 'hardware.failed',
          title: 'The machine could not be read',
          detail: `Failed to ${question.replaceAll('_', ' ')} of node ${nodeId}: ${error instanceof Error ? error.message : String(error)}`,
          hint: hintOf(error),
        },
        { cause: error },
      );
    }
  }
}

const deadline = (node: Node, question: string, deadlineMs: number): Problem =>
  new Problem({
    code: 'hardware.deadline',
    title: 'The machine did not answer in time',
    detail: `Node ${node.uuid} did not answer "${question}" within ${Math.round(deadlineMs / 1000)} s.`,
    hint: 'Retry; look at its BMC if it happens again.',
  });
