import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeStream } from '#domain';
import type { HardwareType, Implementation } from '#drivers';
import { LocalSignals, SqliteTelemetry } from '#telemetry';
import { House, HOUSE_CONDUCTOR } from '#testing';
import { Limit } from './lanes.js';
import { NodeWorker } from './node-worker.js';
import { Performer } from './perform.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('A conductor that may have lost a node', () => {
  let house: House;
  let telemetry: SqliteTelemetry;
  let worker: NodeWorker;
  let asked: boolean[];
  let begun: (() => void) | undefined;
  let runs: number;

  /** Cleaning steps that never run twice, and go on until they are told to end. */
  const lengthy = (implementation: Implementation): Implementation => ({
    ...implementation,
    steps: {
      ...implementation.steps,
      clean: (implementation.steps?.clean ?? []).map(step => ({
        ...step,
        effect: 'once' as const,
        confirm: async () => 'unknown' as const,
        run: ({ signal }: Parameters<typeof step.run>[0]) => {
          runs++;
          begun?.();
          return new Promise<never>((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('told to end'))),
          );
        },
      })),
    },
  });
  const hardware = (fake: HardwareType): HardwareType => ({
    ...fake,
    interfaces: { ...fake.interfaces, deploy: fake.interfaces.deploy.map(lengthy) },
  });

  beforeEach(async () => {
    [asked, runs, begun] = [[], 0, undefined];
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
      mayAct: () => asked.shift() ?? true,
      effects: new Limit(1),
      log: () => undefined,
    });
    await house.enrol(uuid);
  });
  afterEach(async () => {
    worker.stop();
    telemetry.close();
    await house.close();
  });

  const types = async () => (await house.store.readStream(nodeStream(uuid))).map(({ type }) => type);

  it('writes nothing while it is not sure, and goes on when it is', async () => {
    await house.send(uuid, 'ManageNode', {});
    const before = await types();
    asked = [false];
    await worker.work(uuid);
    expect(await types()).toEqual(before);
    await worker.work(uuid);
    expect((await house.node(uuid)).provisionState).toBe('manageable');
  });

  it('touches nothing that it is no longer sure of when it comes to it, and does so once when it is', async () => {
    await house.send(uuid, 'ManageNode', {});
    // Sure enough to write down the intent, and not when it is to be carried out.
    asked = [true, true, false];
    await worker.work(uuid);
    expect(await types()).toEqual(expect.arrayContaining(['VerificationStepStarted']));
    expect(await types()).not.toContain('VerificationStepCompleted');
    await worker.work(uuid);
    const starts = (await types()).filter(type => type === 'VerificationStepStarted');
    expect([starts.length, (await house.node(uuid)).provisionState]).toEqual([1, 'manageable']);
  });

  it('touches nothing when it stood still while it prepared what to do', async () => {
    await house.send(uuid, 'ManageNode', {});
    await worker.work(uuid);
    await house.send(uuid, 'CleanNode', { steps: [{ interface: 'deploy', step: 'erase_devices' }] });
    const plain = house.content.plain.bind(house.content);
    house.content.plain = async bag => {
      asked = [false];
      return plain(bag);
    };
    await worker.work(uuid);
    expect(await types()).toContain('CleaningStepStarted');
    expect(runs).toBe(0);
  });

  it('ends what it is at when the node is taken away, and never runs twice what must not', async () => {
    await house.send(uuid, 'ManageNode', {});
    await worker.work(uuid);
    await house.send(uuid, 'CleanNode', { steps: [{ interface: 'deploy', step: 'erase_devices' }] });
    const atIt = new Promise<void>(resolve => (begun = resolve));
    const work = worker.work(uuid);
    await atIt;
    worker.release(() => true);
    await work;
    expect((await house.node(uuid)).provisionState).toBe('cleaning');
    await worker.work(uuid);
    expect([runs, (await house.node(uuid)).provisionState]).toEqual([1, 'clean failed']);
    expect(await types()).toContain('CleaningStepOutcomeUnknown');
  });
});
