import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Node, NodeCommandData, NodeCommandType } from '#domain';
import { MAX_EVENT_BYTES } from '#domain';
import type { ActionOutcome, HardwareType, Implementation, StepOutcome } from '#drivers';
import { LocalSignals, SqliteTelemetry } from '#telemetry';
import { House, HOUSE_CONDUCTOR } from '#testing';
import { Limit } from './lanes.js';
import { NodeWorker } from './node-worker.js';
import { Performer } from './perform.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
const tooLong = 'x'.repeat(MAX_EVENT_BYTES + 1);

describe('A report of a driver that no event can hold', () => {
  /** What the driver answers in place of what it would. */
  let told: StepOutcome | ActionOutcome | undefined;
  let polled: StepOutcome | undefined;
  let thrown: Error | undefined;
  let runs: number;
  let house: House;
  let telemetry: SqliteTelemetry;
  let worker: NodeWorker;

  const talkative = (implementation: Implementation): Implementation => ({
    ...implementation,
    steps: Object.fromEntries(
      Object.entries(implementation.steps ?? {}).map(([kind, steps]) => [
        kind,
        steps.map(step => ({
          ...step,
          run: async (effect: Parameters<typeof step.run>[0]) => {
            runs++;
            if (thrown) throw thrown;
            return (told as StepOutcome | undefined) ?? step.run(effect);
          },
          poll: async () => polled,
        })),
      ]),
    ),
    actions: Object.fromEntries(
      Object.entries(implementation.actions ?? {}).map(([name, act]) => [
        name,
        async (effect: Parameters<typeof act>[0]) => {
          runs++;
          return (told as ActionOutcome | undefined) ?? act(effect);
        },
      ]),
    ),
  });
  const hardware = (fake: HardwareType): HardwareType => ({
    ...fake,
    interfaces: Object.fromEntries(
      Object.entries(fake.interfaces).map(([type, list]) => [type, list.map(talkative)]),
    ) as never,
  });

  beforeEach(async () => {
    [told, polled, thrown, runs] = [undefined, undefined, undefined, 0];
    house = new House({ hardware });
    telemetry = new SqliteTelemetry(house.folder.file('telemetry.sqlite'));
    worker = new NodeWorker({
      host: HOUSE_CONDUCTOR,
      nodes: house.nodes,
      performer: new Performer(house.drivers, house.content, house.clock, 1_000),
      clock: house.clock,
      settings: house.settings,
      telemetry,
      signals: new LocalSignals(),
      mayAct: () => true,
      effects: new Limit(1),
      log: () => undefined,
    });
    await house.enrol(uuid);
    await house.send(uuid, 'ManageNode', {});
    await worker.work(uuid);
    runs = 0;
  });
  afterEach(async () => {
    worker.stop();
    telemetry.close();
    await house.close();
  });

  const after = async <T extends NodeCommandType>(type: T, data: NodeCommandData<T>): Promise<Node> => {
    await house.send(uuid, type, data);
    await worker.work(uuid);
    return house.node(uuid);
  };
  const clean = (type: string, step: string) => after('CleanNode', { steps: [{ interface: type, step }] });

  it.each([
    ['a RAID configuration', 'raid', 'create_configuration', { raidConfig: { tooLong } }],
    ['a list of firmware', 'raid', 'delete_configuration', { firmware: [{ component: tooLong }] }],
    ['properties', 'raid', 'delete_configuration', { inventory: {}, properties: { tooLong } }],
    ['something that the schema does not know', 'raid', 'delete_configuration', { firmware: ['none' as never] }],
  ])('fails the step that told %s, once and for all', async (_, type, step, done) => {
    told = { done };
    const node = await clean(type, step);
    expect(node.provisionState).toBe('clean failed');
    expect(node.lastError).toMatch(
      new RegExp(
        `^Clean step "${type}.${step}" failed: it was done, but what the driver tells of it cannot be recorded: `,
      ),
    );
    await worker.work(uuid);
    expect(runs).toBe(1);
  });

  it('fails the step that told it in the background', async () => {
    told = { wait: 'driver' };
    expect((await clean('raid', 'create_configuration')).provisionState).toBe('clean wait');
    polled = { done: { raidConfig: { tooLong } } };
    await worker.work(uuid);
    expect((await house.node(uuid)).lastError).toMatch(/of data; the limit is 65536/);
    expect((await house.node(uuid)).provisionState).toBe('clean failed');
  });

  it('fails the action that told it', async () => {
    told = { virtualMedia: [{ device_type: 'cdrom', image: tooLong }] };
    const { lastError, action } = await after('AttachVirtualMedia', {
      deviceType: 'cdrom',
      args: { device_type: 'cdrom', image_url: 'http://192.0.2.1/image' },
    } as never);
    expect(lastError).toMatch(/it was done, but what the driver tells of it cannot be recorded/);
    expect(action).toBeNull();
    expect(runs).toBe(1);
  });

  it('is no inventory and no BIOS settings: those are kept beside the events', async () => {
    told = {
      done: { inventory: { inventory: { tooLong } }, biosSettings: { settings: [{ name: 'A', value: tooLong }] } },
    };
    const node = await after('InspectNode', {});
    expect(node.provisionState).toBe('manageable');
    expect(await house.content.plain(node.inventory!)).toEqual({ inventory: { tooLong } });
    expect(await house.content.plain(node.biosSettings!.content)).toEqual({
      settings: [{ name: 'A', value: tooLong }],
    });
  });

  it('is told in short where it is a sentence', async () => {
    thrown = new Error(tooLong);
    const { provisionState, lastError } = await clean('raid', 'create_configuration');
    expect(provisionState).toBe('clean failed');
    expect(lastError).toMatch(/^Clean step "raid.create_configuration" failed: x+ … \(65\d{3} characters\)$/);
    expect(lastError!.length).toBeLessThan(5_000);
  });
});
