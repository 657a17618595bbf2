import type {
  DecisionSettings,
  Node,
  NodeCommand,
  NodeCommandData,
  NodeCommandType,
  NodeEvent,
  RecordedEvent,
  StepResult,
  Surroundings,
} from '#domain';
import { absentNode, decide, defaultDecisionSettings, evolve, isoOf, nodeAggregate, nodeStream, workOf } from '#domain';
import { aCatalog } from './a-catalog.js';

export const NODE = '11111111-2222-4333-8444-555555555555';
const HOST = 'conductor-1';
const START = Date.parse('2026-01-01T00:00:00.000Z');

export interface SimulationOptions {
  readonly settings?: Partial<DecisionSettings>;
  readonly surroundings?: Partial<Surroundings>;
}

/**
 * One node, decided on and folded without any store: commands in, events out. Time stands still but for a second per
 * command; ids count up.
 */
export class SimulatedNode {
  node: Node = absentNode(NODE);
  readonly events: RecordedEvent[] = [];
  #commands = 0;

  constructor(private readonly options: SimulationOptions = {}) {}

  get surroundings(): Surroundings {
    return {
      now: isoOf(START + this.#commands * 1000),
      commandId: `command-${this.#commands}`,
      settings: { ...defaultDecisionSettings, ...this.options.settings },
      catalog: aCatalog(),
      owner: () => HOST,
      underWay: () => ({ deploying: 0, cleaning: 0 }),
      ...this.options.surroundings,
    };
  }

  /** What the command would be decided as now. */
  decide<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): NodeEvent[] {
    return decide({ type, nodeId: NODE, data } as unknown as NodeCommand, this.node, this.surroundings);
  }

  /** Decides and folds. */
  send<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): NodeEvent[] {
    this.#commands++;
    const events = this.decide(type, data);
    this.record(events);
    return events;
  }

  record(events: readonly NodeEvent[]): void {
    const { now, commandId } = this.surroundings;
    for (const { type, data } of events) {
      const revision = this.node.revision + 1;
      const metadata = {
        $correlationId: commandId,
        $causationId: commandId,
        commandId,
        actorKind: 'user' as const,
        actorId: 'operator',
        occurred: now,
        codeVersion: 'test',
        readableBy: '1',
        ...nodeAggregate.metadata?.(this.node, this.node),
      };
      const event = {
        id: `event-${revision}`,
        type,
        data,
        metadata,
        stream: nodeStream(NODE),
        revision,
        position: revision + 1,
        recorded: now,
      };
      this.events.push(event);
      this.node = evolve(this.node, event);
    }
  }

  /** The conductor takes up what is open; answers whether there was anything. */
  begin(): boolean {
    const work = workOf(this.node);
    const claimant = { conductor: HOST, ...(this.node.claim && { epoch: this.node.claim.epoch }) };
    if (work?.kind === 'begin step')
      this.send('BeginStep', { ...claimant, operation: work.operation.id, index: work.operation.index });
    else if (work?.kind === 'resume') this.send('ResumeOperation', { ...claimant, operation: work.operation.id });
    else if (work?.kind === 'begin action') this.send('BeginAction', { ...claimant, action: work.action.id });
    else return false;
    return true;
  }

  get intent() {
    const { id, index, running } = this.node.operation!;
    return {
      operation: id,
      index,
      attempt: running?.attempt ?? 1,
      epoch: running?.epoch ?? this.node.claim!.epoch,
      conductor: HOST,
    };
  }

  complete(result: StepResult = {}): void {
    this.send('CompleteStep', { ...this.intent, result });
  }

  fail(detail = 'the disk is on fire'): void {
    this.send('FailStep', { ...this.intent, problem: { code: 'step.failed', title: 'It failed', detail } });
  }

  wait(): void {
    this.send('WaitInStep', { ...this.intent, expects: 'agent', timeoutMs: 1_800_000 });
  }

  timeOut(): void {
    const operation = this.node.operation!;
    this.send('TimeOutWait', { operation: operation.id, revision: operation.waiting!.revision });
  }

  /** Does all that is open, every step at the first try, until nothing is or something waits or holds. */
  run(): this {
    for (let rounds = 0; rounds < 100; rounds++) {
      const { operation, action } = this.node;
      if (action?.running) this.send('CompleteAction', { action: action.id, ...action.running, outcome: {} });
      else if (operation?.running) this.complete();
      else if (!this.begin()) return this;
    }
    throw new Error('the node does not come to rest');
  }

  // Ways to well-known states, each by what really leads there.
  enrolled(attributes: object = {}): this {
    this.send('EnrolNode', { attributes: { driver: 'test-hardware', ...attributes }, provisionState: 'enroll' });
    return this;
  }
  manageable(attributes?: object): this {
    this.enrolled(attributes).send('ManageNode', {});
    return this.run();
  }
  available(attributes?: object): this {
    this.manageable(attributes).send('ProvideNode', {});
    return this.run();
  }
  active(attributes?: object): this {
    this.available(attributes).send('DeployNode', {});
    return this.run();
  }
}

export const aNode = (options?: SimulationOptions): SimulatedNode => new SimulatedNode(options);
