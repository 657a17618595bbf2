import type { NodeCommandData, NodeCommandType, Node, Problem } from '#domain';
import { isoOf } from '#domain';
import type { House } from '../house.js';
import { HOUSE_CONDUCTOR } from '../house.js';
import { HouseConductor } from '../house-conductor.js';

const failure = { code: 'step.failed' as const, title: 'It failed', detail: 'the disk is on fire' };

/** One node on its way through a flow. A second passes with every command, so that times tell events apart. */
export class GoldenScene {
  readonly conductor: HouseConductor;
  #nodes = 0;
  uuid = '';

  constructor(readonly house: House) {
    this.conductor = new HouseConductor(house);
  }

  /** Goes on with a node that nobody has seen yet. */
  async enrol(attributes: object = {}, provisionState: 'enroll' | 'available' = 'enroll'): Promise<void> {
    this.uuid = `${String(++this.#nodes).padStart(8, '0')}-aaaa-4000-8000-000000000000`;
    await this.ask('EnrolNode', { attributes: { driver: 'fake-hardware', ...attributes }, provisionState });
  }

  /** By the shortest way there is. */
  async enrolIn(
    state: 'enroll' | 'manageable' | 'available' | 'active' | 'rescue',
    attributes: object = {},
  ): Promise<void> {
    await this.enrol(attributes, state === 'enroll' ? 'enroll' : 'available');
    if (state === 'manageable') await this.ask('ManageNode', {});
    if (state === 'active' || state === 'rescue') await this.do('DeployNode', {});
    if (state === 'rescue') await this.do('RescueNode', { rescuePassword: 'secret' as never });
  }

  async ask<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Promise<Node> {
    await this.house.clock.advance(1_000);
    return (await this.house.send(this.uuid, type, data)).state;
  }

  /** And the conductor does what is to be done at once. */
  async do<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Promise<Node> {
    await this.ask(type, data);
    return this.work();
  }

  /** A refusal belongs to some flows, too; it leaves no trace. */
  async refused<T extends NodeCommandType>(type: T, data: NodeCommandData<T>, code: Problem['code']): Promise<void> {
    const error = await this.ask(type, data).then(
      () => new Error('it was not refused'),
      (error: unknown) => error,
    );
    if ((error as Problem).code !== code) throw error;
  }

  async work(): Promise<Node> {
    await this.house.clock.advance(1_000);
    return this.conductor.work(this.uuid);
  }

  /** Takes the next step or action up and leaves it running. */
  async begin(): Promise<void> {
    await this.conductor.step(this.uuid);
  }

  async report<T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Promise<Node> {
    await this.house.clock.advance(1_000);
    return this.conductor.report(await this.node(), type, data);
  }

  node(): Promise<Node> {
    return this.house.node(this.uuid);
  }

  now(): string {
    return isoOf(this.house.clock.now());
  }

  async failStep(): Promise<void> {
    await this.report('FailStep', { ...(await this.intent()), problem: failure });
  }
  async failOperation(): Promise<void> {
    await this.report('FailOperation', { operation: (await this.node()).operation!.id, problem: failure });
  }
  async loseStep(): Promise<void> {
    const problem = { ...failure, code: 'step.outcome-unknown' as const };
    await this.report('LoseStep', { ...(await this.intent()), conductor: 'conductor-2', problem });
  }
  async complete(): Promise<void> {
    await this.report('CompleteStep', { ...(await this.intent()), result: {} });
  }
  async wait(): Promise<void> {
    await this.report('WaitInStep', { ...(await this.intent()), expects: 'agent', timeoutMs: 60_000 });
  }
  async timeOut(): Promise<void> {
    const { operation } = await this.node();
    await this.house.clock.advance(60_000);
    await this.report('TimeOutWait', { operation: operation!.id, revision: operation!.waiting!.revision });
  }
  async failAction(): Promise<void> {
    const { action } = await this.node();
    const problem = { ...failure, code: 'hardware.failed' as const };
    await this.report('FailAction', { action: action!.id, ...action!.running!, problem });
  }

  async intent() {
    const { operation, claim } = await this.node();
    const { id, index, running } = operation!;
    return {
      operation: id,
      index,
      attempt: running?.attempt ?? 1,
      epoch: running?.epoch ?? claim!.epoch,
      conductor: HOUSE_CONDUCTOR,
    };
  }
}
