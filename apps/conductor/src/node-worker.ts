import type {
  Action,
  Clock,
  Node,
  NodeCommand,
  NodeCommandData,
  NodeCommandType,
  Operation,
  Ramdisk,
  Signals,
  StepResult,
  Surroundings,
  Telemetry,
} from '#domain';
import { msOf, waitTimeoutMs, workOf } from '#domain';
import type { DecisionSettings } from '#domain';
import type { ActionOutcome, StepOutcome } from '#drivers';
import type { Cause, CommandHandler } from '#command-handler';
import { uuidV5 } from '#command-handler';
import type { Performer, Permit } from './perform.js';
import { actionProblem, outcomeUnknown, reportRefused, stepProblem } from './problems.js';

export interface NodeWorkerPorts {
  readonly host: string;
  readonly nodes: CommandHandler<Node, NodeCommand, Surroundings>;
  readonly performer: Performer;
  readonly clock: Clock;
  readonly settings: DecisionSettings;
  readonly telemetry: Telemetry;
  readonly signals: Signals;
  /**
   * Whether the node is sure to be this conductor's at this moment. Asked before anything is claimed and before each
   * effect: a process that stood still for a while must not go on as if nothing had been.
   */
  readonly mayAct: (node: Node) => boolean;
  /** Effects that may run at the same time. */
  readonly effects: { run<T>(effect: () => Promise<T>): Promise<T> };
  readonly log: (message: string, details: object) => void;
}

/** How often a step that waits for its driver is asked whether it is done. */
const POLL_MS = 1_000;
/** How soon what could not be acted on is looked at again, by whoever owns it then. */
const LATER_MS = 1_000;

/** An effect was about to begin, and did not. */
class NotSure extends Error {
  override readonly name = 'NotSure';
}

/** In place of an outcome: there is none, and whoever comes next takes it up. */
const INTERRUPTED = Symbol('interrupted');

/**
 * Does what a node's stream says is open, one thing at a time, and reports back by command. Holds no truth of its own:
 * whatever it forgets, it reads again.
 */
export class NodeWorker {
  /** Epochs of claims that this process made: what runs under another one was somebody else's. */
  readonly #epochs = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();
  readonly #heard = new Set<string>();
  /** Revisions of waits that this process has looked at once. */
  readonly #looked = new Map<string, number>();
  readonly #started: number;
  readonly #stop = new AbortController();
  readonly #touching = new Map<string, { readonly node: Node; readonly end: AbortController }>();

  constructor(private readonly ports: NodeWorkerPorts) {
    this.#started = ports.clock.now();
  }

  /** From where the node stands to where nothing is to be done at once. The caller runs one at a time per node. */
  async work(uuid: string): Promise<void> {
    for (;;) {
      if (this.#stop.signal.aborted) return;
      const node = await this.ports.nodes.repository.load(uuid);
      const again = await this.#next(node);
      if (!again) return;
    }
  }

  /** A sign of life of the node's agent: looked at when the node is worked on next. */
  heard(uuid: string): void {
    this.#heard.add(uuid);
  }

  /** Nodes that are no longer this conductor's: effects on them are told to end, and whoever owns them goes on. */
  release(isGone: (node: Node) => boolean): void {
    for (const { node, end } of this.#touching.values()) if (isGone(node)) end.abort();
  }

  /** The process ends. */
  stop(): void {
    this.#stop.abort();
    this.release(() => true);
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  async #next(node: Node): Promise<boolean> {
    const work = workOf(node);
    this.#timers.get(node.uuid)?.();
    this.#timers.delete(node.uuid);
    if (work && !this.ports.mayAct(node)) return this.#later(node);
    switch (work?.kind) {
      case 'begin step':
        return this.#begin(node, work.operation, false);
      case 'step running':
        return this.#isMine(node, work.operation.running!.epoch)
          ? this.#run(node, work.operation)
          : this.#recover(node, work.operation);
      case 'resume':
        return this.#claiming(node, 'ResumeOperation', { operation: work.operation.id });
      case 'wait':
        return this.#wait(node, work.operation);
      case 'remove ramdisk':
        return this.#removeRamdisk(node, work.ramdisk);
      case 'begin action':
        return this.#claiming(node, 'BeginAction', { action: work.action.id });
      case 'action running':
        return this.#isMine(node, work.action.running!.epoch)
          ? this.#act(node, work.action)
          : this.#recoverAction(node, work.action);
      default:
        return false;
    }
  }

  #isMine(node: Node, epoch: number): boolean {
    return this.#epochs.get(node.uuid) === epoch && node.claim?.conductor === this.ports.host;
  }

  #begin(node: Node, { id, index }: Operation, again: boolean): Promise<boolean> {
    return this.#claiming(node, 'BeginStep', { operation: id, index, again });
  }

  /** A command that acts on the node under this conductor's claim, made now if there is none. */
  async #claiming<T extends 'BeginStep' | 'ResumeOperation' | 'BeginAction'>(
    node: Node,
    type: T,
    data: Omit<NodeCommandData<T>, 'conductor' | 'epoch'>,
  ): Promise<boolean> {
    const epoch = this.#epochs.get(node.uuid);
    const full = { ...data, conductor: this.ports.host, ...(epoch !== undefined && { epoch }) };
    const after = await this.#report(node, type, full as unknown as NodeCommandData<T>);
    if (after.revision === node.revision) return false;
    if (after.claim?.conductor === this.ports.host) this.#epochs.set(node.uuid, after.claim.epoch);
    return true;
  }

  /** The intent is durable and this process made it: now, and only now, the machine is touched. */
  async #run(node: Node, operation: Operation): Promise<boolean> {
    let outcome: StepOutcome | typeof INTERRUPTED;
    try {
      outcome = await this.#touch(node, permit => this.ports.performer.step(node, operation, permit));
    } catch (error) {
      await this.#fail(node, operation, error);
      return true;
    }
    if (outcome === INTERRUPTED) return false;
    await this.#tell(node, operation, outcome);
    return true;
  }

  /** How a step stands: done, under way elsewhere, or refused by an agent that the plan was not made with. */
  async #tell(node: Node, operation: Operation, outcome: StepOutcome): Promise<void> {
    const intent = intentOf(node, operation);
    if ('done' in outcome) return this.#complete(node, operation, outcome.done);
    if ('planAnew' in outcome) {
      await this.#report(node, 'PlanAnew', { ...intent, conductor: this.ports.host, agentSteps: outcome.planAnew });
      return;
    }
    const { wait: expects, command: agentCommand, powerState } = outcome;
    const timeoutMs = outcome.timeoutMs ?? waitTimeoutMs(operation.family, this.ports.settings);
    await this.#report(node, 'WaitInStep', {
      ...intent,
      expects,
      timeoutMs,
      ...(agentCommand !== undefined && { agentCommand }),
      ...(powerState !== undefined && { powerState }),
    });
  }

  async #complete(node: Node, operation: Operation, result: StepResult): Promise<void> {
    const intent = intentOf(node, operation);
    try {
      await this.#report(node, 'CompleteStep', { ...intent, conductor: this.ports.host, result: stripped(result) });
    } catch (error) {
      await this.#fail(node, operation, reportRefused(error));
    }
  }

  async #fail(node: Node, operation: Operation, error: unknown): Promise<void> {
    const problem = stepProblem(operation, error);
    const step = operation.steps[operation.index]?.step;
    this.ports.log('step failed', { node: node.uuid, step, reason: problem.detail });
    await this.#report(node, 'FailStep', { ...intentOf(node, operation), conductor: this.ports.host, problem });
  }

  /** Somebody died at it. What may run again runs again; what must not is asked after first. */
  async #recover(node: Node, operation: Operation): Promise<boolean> {
    const step = operation.steps[operation.index]!;
    if (step.effect !== 'once') return this.#begin(node, operation, true);
    const intent = intentOf(node, operation);
    const said = await this.#touch(node, permit => this.ports.performer.confirm(node, operation, permit)).catch(
      () => 'unknown' as const,
    );
    const claimant = { conductor: this.ports.host };
    if (said === INTERRUPTED) return false;
    if (said === 'not begun') return this.#begin(node, operation, true);
    const after =
      said === 'done'
        ? await this.#report(node, 'ConfirmStep', { ...intent, ...claimant })
        : said === 'under way'
          ? await this.#report(node, 'WaitInStep', {
              ...intent,
              recoveredBy: this.ports.host,
              expects: 'agent',
              timeoutMs: waitTimeoutMs(operation.family, this.ports.settings),
            })
          : await this.#report(node, 'LoseStep', { ...intent, ...claimant, problem: outcomeUnknown(operation) });
    if (after.claim?.conductor === this.ports.host) this.#epochs.set(node.uuid, after.claim.epoch);
    return after.revision !== node.revision;
  }

  async #wait(node: Node, operation: Operation): Promise<boolean> {
    const { inStep, expects, revision } = operation.waiting!;
    const heard = this.#heard.delete(node.uuid);
    this.#guard(node, operation);
    if (expects === 'agent') {
      // What is waited for may have come before the wait was recorded, or while nobody was here to hear of it.
      const isNew = this.#looked.get(node.uuid) !== revision;
      this.#looked.set(node.uuid, revision);
      const isBareWait = operation.steps[operation.index]?.step === 'wait';
      if (!heard && (!isNew || isBareWait || !inStep)) return false;
      if (!inStep) return this.#claiming(node, 'ResumeOperation', { operation: operation.id });
    }
    let outcome: StepOutcome | undefined | typeof INTERRUPTED;
    try {
      const { since } = operation.waiting!;
      outcome = await this.#touch(node, permit => this.ports.performer.poll(node, operation, since, permit));
    } catch (error) {
      await this.#fail(node, operation, error);
      return true;
    }
    if (!outcome || outcome === INTERRUPTED) return false;
    // Still waiting, but perhaps for a command of the agent that is known by now.
    if ('wait' in outcome && (outcome.command === undefined || outcome.command === operation.waiting!.command))
      return false;
    await this.#tell(node, operation, outcome);
    return true;
  }

  /** The operation is over; what it left of its ramdisk is put back, or said to be left. */
  async #removeRamdisk(node: Node, ramdisk: Ramdisk): Promise<boolean> {
    let outcome: { powerState?: string; left?: string } | typeof INTERRUPTED;
    try {
      outcome = await this.#touch(node, permit => this.ports.performer.removeRamdisk(node, ramdisk, permit));
    } catch (error) {
      const left = error instanceof Error ? error.message : String(error);
      this.ports.log('a ramdisk could not be removed', { node: node.uuid, reason: left });
      outcome = { left };
    }
    if (outcome === INTERRUPTED) return false;
    await this.#report(node, 'RemoveRamdisk', { operation: ramdisk.operation, ...stripped(outcome) });
    return true;
  }

  /**
   * The timer of a wait: counts from the last sign of life, or from when this process began to look, whichever is
   * later. A wait for the driver is looked at now and then until it is over.
   */
  #guard(node: Node, { id, waiting }: Operation): void {
    const { timeoutMs, revision, since, expects } = waiting!;
    const lastSign = Math.max(msOf(since), this.#started, this.ports.telemetry.lastHeard(node.uuid) ?? 0);
    const leftMs = timeoutMs > 0 ? lastSign + timeoutMs - this.ports.clock.now() : Infinity;
    const nextMs = Math.min(Math.max(0, leftMs), expects === 'driver' ? POLL_MS : Infinity);
    if (!Number.isFinite(nextMs)) return;
    this.#timers.get(node.uuid)?.();
    const timer = this.ports.clock.after(nextMs, () => {
      this.#timers.delete(node.uuid);
      void this.#onTimer(node, id, revision, leftMs <= nextMs);
    });
    this.#timers.set(node.uuid, timer);
  }

  async #onTimer(node: Node, operation: string, revision: number, isOver: boolean): Promise<void> {
    if (isOver) await this.#report(node, 'TimeOutWait', { operation, revision });
    this.ports.signals.send(node.uuid, 'timer');
  }

  async #act(node: Node, action: Action): Promise<boolean> {
    let outcome: ActionOutcome | typeof INTERRUPTED;
    try {
      outcome = await this.#touch(node, permit => this.ports.performer.action(node, action, permit));
    } catch (error) {
      await this.#failAction(node, action, error);
      return true;
    }
    if (outcome === INTERRUPTED) return false;
    const { virtualMedia, ...found } = outcome;
    const intent = { action: action.id, ...action.running! };
    try {
      await this.#report(node, 'CompleteAction', {
        ...intent,
        outcome: stripped(found),
        ...(virtualMedia && { virtualMedia }),
      });
    } catch (error) {
      await this.#failAction(node, action, reportRefused(error));
    }
    return true;
  }

  async #failAction(node: Node, action: Action, error: unknown): Promise<void> {
    const problem = actionProblem(action, error);
    this.ports.log('action failed', { node: node.uuid, action: action.method, reason: problem.detail });
    await this.#report(node, 'FailAction', { action: action.id, ...action.running!, problem });
  }

  async #recoverAction(node: Node, action: Action): Promise<boolean> {
    if (action.effect !== 'once') return this.#claiming(node, 'BeginAction', { action: action.id, again: true });
    const intent = { action: action.id, ...action.running! };
    const problem = {
      code: 'step.outcome-unknown' as const,
      title: 'Nobody knows whether it was done',
      detail: `The conductor died while it was at "${action.method}", which must not be done twice.`,
      hint: 'Look at the machine, and ask for it again if it may be done once more.',
    };
    await this.#report(node, 'FailAction', { ...intent, problem });
    return true;
  }

  /** All that touches a machine goes through here: under the limit, while the node is ours, until it is told to end. */
  async #touch<T>(node: Node, effect: (permit: Permit) => Promise<T>): Promise<T | typeof INTERRUPTED> {
    const end = new AbortController();
    const { signal } = end;
    const check = () => {
      signal.throwIfAborted();
      if (!this.ports.mayAct(node)) throw new NotSure('It is not sure any more whose node it is.');
    };
    this.#touching.set(node.uuid, { node, end });
    try {
      return await this.ports.effects.run(async () => {
        if (signal.aborted || this.#stop.signal.aborted) return INTERRUPTED;
        return effect({ signal, check });
      });
    } catch (error) {
      if (error instanceof NotSure) {
        this.#later(node);
        return INTERRUPTED;
      }
      if (!signal.aborted) throw error;
      // It may have begun: also this process has to ask how far it came, should the node be its own again.
      this.#epochs.delete(node.uuid);
      return INTERRUPTED;
    } finally {
      this.#touching.delete(node.uuid);
    }
  }

  #later(node: Node): false {
    const cancel = this.ports.clock.after(LATER_MS, () => {
      this.#timers.delete(node.uuid);
      this.ports.signals.send(node.uuid, 'timer');
    });
    this.#timers.set(node.uuid, cancel);
    return false;
  }

  /** Reports are commands whose cause is the event they answer. The same report has the same id. */
  async #report<T extends NodeCommandType>(node: Node, type: T, data: NodeCommandData<T>): Promise<Node> {
    const commandId = uuidV5(node.tip!.id, `${this.ports.host}/${type}/${node.revision}`);
    const cause: Cause = {
      commandId,
      correlationId: node.tip!.correlationId,
      causationId: node.tip!.id,
      principal: { kind: 'conductor', id: this.ports.host },
      ...(node.tip!.traceparent && { traceparent: node.tip!.traceparent }),
    };
    const command = { type, nodeId: node.uuid, data } as unknown as NodeCommand;
    return (await this.ports.nodes.handle(node.uuid, command, cause)).state;
  }
}

/** What a report answers: the step that runs, or else the wait that goes on under the node's claim. */
const intentOf = (node: Node, { id, index, running }: Operation) => ({
  operation: id,
  index,
  attempt: running?.attempt ?? 1,
  epoch: running?.epoch ?? node.claim?.epoch ?? 0,
});

/** What is undefined was not found. */
const stripped = <T extends object>(result: T): T =>
  Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined)) as T;
