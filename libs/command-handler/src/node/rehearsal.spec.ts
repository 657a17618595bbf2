import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NodeCommand } from '#domain';
import { withoutSecrets } from '#ironic';
import { dump, House, HouseConductor } from '#testing';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

const BLOB = /\{"\$blob":"[0-9a-f]*","sizeBytes":\d+\}/g;

describe('A rehearsal', () => {
  let house: House;
  beforeEach(async () => {
    house = new House();
    await house.enrol(uuid);
  });
  afterEach(() => house.close());
  /** Every row of events, blobs and keys. */
  const kept = () => [dump(house.folder.file('events.sqlite')), dump(house.folder.file('keys.sqlite'))];

  it('tells what would be decided and leaves nothing behind', async () => {
    const before = kept();
    const command: NodeCommand = { type: 'ManageNode', nodeId: uuid, data: {} };
    const { state, events } = await house.nodes.rehearse(uuid, command, house.cause());
    expect([state.provisionState, events.map(({ type }) => type)]).toEqual(['enroll', ['VerificationStarted']]);
    expect(kept()).toEqual(before);
  });

  it('leaves no keys and no blobs behind either, and tells what is done then but for what is sealed', async () => {
    const conductor = new HouseConductor(house);
    for (const type of ['ManageNode', 'ProvideNode'] as const) {
      await house.send(uuid, type, {});
      await conductor.work(uuid);
    }
    const args = { settings: [{ name: 'AdminPassword', value: 'secret' }, { name: 'x'.repeat(9_000) }] };
    const data = {
      configdrive: { user_data: 'secret'.padEnd(9_000) },
      steps: [{ interface: 'bios', step: 'apply_configuration', priority: 150, args }],
    };
    const before = kept();
    const cause = house.cause();
    const { events } = await house.nodes.rehearse(uuid, { type: 'DeployNode', nodeId: uuid, data }, cause);
    expect(events.map(({ type }) => type)).toEqual(['DeploymentStarted']);
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(kept()).toEqual(before);

    const done = await house.send(uuid, 'DeployNode', data, { cause });
    const tell = (list: readonly { type: string; data: object }[]) =>
      JSON.stringify(list.map(({ type, data }) => ({ type, data: withoutSecrets(data) }))).replace(BLOB, '"a blob"');
    expect(tell(events)).toBe(tell(done.events));
    expect(tell(events)).toContain('"a blob"');
    expect(kept()).not.toEqual(before);
  });
});
