import { randomUUID } from 'node:crypto';
import { type Clock, type HardwareReads, Problem, type ProblemDetails, problemOf } from '#domain';
import type { Mailbox } from './mailbox.js';

/** Body of a request. The deadline is a duration: clocks of two machines differ. */
interface Request {
  readonly id: string;
  /** Address for the reply. */
  readonly replyTo: string;
  readonly type: string;
  readonly question: string;
  readonly args: object;
  readonly deadlineMs: number;
}

/** Body of a reply: the answer, or why there is none. */
interface Reply {
  readonly id: string;
  readonly answer?: unknown;
  readonly problem?: ProblemDetails;
}

export interface KafkaHardwareReadsPorts {
  /** `requests`, open. */
  readonly requests: Mailbox;
  /** `replies`, open under `address`, which no other process has. */
  readonly replies: Mailbox;
  readonly address: string;
  readonly clock: Clock;
  /** Host that owns the node at this moment. */
  ownerOf(nodeId: string): Promise<string | undefined>;
}

/** Asks the owner of the node, whichever process it is, and waits for as long as the question may take. */
export class KafkaHardwareReads implements HardwareReads {
  readonly #open = new Map<string, (reply: Reply) => void>();
  readonly #stop: () => void;

  constructor(private readonly ports: KafkaHardwareReadsPorts) {
    this.#stop = ports.replies.listen(({ body }) => {
      const reply = body as Reply;
      this.#open.get(reply.id)?.(reply);
    });
  }

  async read(nodeId: string, type: string, question: string, args: object, deadlineMs: number): Promise<unknown> {
    const { ports } = this;
    const owner = await ports.ownerOf(nodeId);
    if (owner === undefined) throw noConductor(nodeId);
    const request: Request = { id: randomUUID(), replyTo: ports.address, type, question, args, deadlineMs };
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const cancel = ports.clock.after(deadlineMs, () => reject(deadline(nodeId, question, deadlineMs)));
    this.#open.set(request.id, resolve);
    try {
      ports.requests.post(owner, { key: nodeId, type: 'read', body: request });
      const { answer, problem } = await promise;
      if (problem) throw new Problem(problem);
      return answer;
    } finally {
      cancel();
      this.#open.delete(request.id);
    }
  }

  close(): void {
    this.#stop();
  }
}

/**
 * Answers questions to this process, by the `reads` of its own hardware; `requests` is open under its host. Answers
 * how to stop.
 */
export const answerHardwareReads = (requests: Mailbox, replies: Mailbox, reads: HardwareReads): (() => void) =>
  requests.listen(({ key, body }) => {
    const { id, replyTo, type, question, args, deadlineMs } = body as Request;
    const reply = (what: Omit<Reply, 'id'>) => replies.post(replyTo, { key, type: 'reply', body: { id, ...what } });
    reads.read(key, type, question, args, deadlineMs).then(
      answer => reply({ answer }),
      (error: unknown) => reply({ problem: problemOf(error, 'hardware.failed', 'The machine could not be read') }),
    );
  });

const noConductor = (nodeId: string): Problem =>
  new Problem({
    code: 'node.no-conductor',
    title: 'Nobody works on the node',
    detail: `No conductor of the group and driver of node ${nodeId} is there.`,
    hint: 'Start a conductor for them, or wait until it has joined.',
  });

const deadline = (nodeId: string, question: string, deadlineMs: number): Problem =>
  new Problem({
    code: 'hardware.deadline',
    title: 'The machine did not answer in time',
    detail: `Node ${nodeId} did not answer "${question}" within ${Math.round(deadlineMs / 1000)} s.`,
    hint: 'Retry; look at its BMC if it happens again.',
  });
