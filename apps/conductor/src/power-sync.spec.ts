import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '#domain';
import type { HardwareType } from '#drivers';
import { House, HOUSE_CONDUCTOR, HouseConductor } from '#testing';
import { Performer } from './perform.js';
import { PowerSync } from './power-sync.js';

const uuid = '11111111-2222-4333-8444-555555555555';

describe('Reading the power of machines', () => {
  let house: House;
  let answer: () => unknown;
  let sync: PowerSync;
  const hardware = (fake: HardwareType): HardwareType => ({
    ...fake,
    interfaces: {
      ...fake.interfaces,
      power: fake.interfaces.power.map(power => ({ ...power, reads: { get_power_state: async () => answer() } })),
    },
  });
  beforeEach(async () => {
    house = new House({ hardware });
    await house.enrol(uuid);
    await house.send(uuid, 'ManageNode', {});
    await new HouseConductor(house).work(uuid);
    sync = new PowerSync({
      host: HOUSE_CONDUCTOR,
      nodes: house.nodes,
      performer: new Performer(house.drivers, house.content, house.clock, 1_000),
      owned: async function* () {
        yield uuid;
      },
      force: false,
      maxRetries: 3,
      atOnce: 1,
    });
  });
  afterEach(() => house.close());

  const afterRuns = async (runs: number) => {
    for (let run = 0; run < runs; run++) await sync.run();
    return house.node(uuid);
  };

  it('leaves a machine alone that has no idea of its power and never had', async () => {
    answer = () => null;
    expect(await afterRuns(8)).toMatchObject({ maintenance: null, power: { state: null } });
  });

  it('puts one into maintenance that cannot be read too often', async () => {
    answer = () => {
      throw new Error('no route to its BMC');
    };
    expect(await afterRuns(3)).toMatchObject({ maintenance: null });
    expect(await afterRuns(1)).toMatchObject({ maintenance: {}, fault: 'power failure' });
  });

  it('blames no machine for keys that cannot be read', async () => {
    answer = () => {
      throw new StoreUnavailable('the keys cannot be read');
    };
    expect(await afterRuns(8)).toMatchObject({ maintenance: null, fault: null });
  });

  it('puts one into maintenance that has forgotten its power', async () => {
    answer = () => 'power on';
    expect(await afterRuns(1)).toMatchObject({ power: { state: 'power on' } });
    answer = () => null;
    expect(await afterRuns(4)).toMatchObject({ maintenance: {}, fault: 'power failure' });
  });
});
