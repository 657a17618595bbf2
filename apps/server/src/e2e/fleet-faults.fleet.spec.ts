import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import {
  askForDeployments,
  claimedBy,
  deploymentsIn,
  enrol,
  fleetClient,
  inState,
  writtenWithoutClaim,
  type Asked,
  type FleetClient,
} from './fleet-load.js';
import { subscribe, type Subscriber } from './fleet-subscriber.js';
import { startFleet, until, type Engine, type Fleet, type Member } from './fleet-under-test.js';

// Nine processes and three engines; whoever dies, no acknowledged command is lost, no node is stuck and nothing that
// must not run twice is begun twice. Every case deploys all machines and pulls a plug in the middle.

const NODES = 24;
const names = Array.from({ length: NODES }, (_, index) => `bm-${index}`);
const REST = ['active', 'deploy failed'];

describe('A fleet', () => {
  let fleet: Fleet;
  let client: FleetClient;
  let subscriber: Subscriber;
  const streams = new Map<string, string>();
  /** Of all cases so far: what was acknowledged, and what may or may not have been done. */
  const acknowledged = new Map<string, number>();
  const unknown = new Map<string, number>();

  beforeAll(async () => {
    fleet = await startFleet({ conductors: 3, apis: 2, projectors: 2, relays: 2 });
    client = fleetClient(fleet.apis);
    await Promise.all(fleet.all.map(member => member.start()));
    await Promise.all(fleet.all.map(member => member.ready()));
    subscriber = subscribe(fleet.apis);
    await enrol(client, names, 3);
    for (const { name, uuid } of await client.nodes()) streams.set(String(name), `node-${uuid}`);
    await account(await askForDeployments(client, names, 'active'));
    await settled();
  }, LONG_MS);
  afterEach(() => fleet.heal());
  afterAll(async () => {
    await subscriber?.end();
    await fleet?.end();
  });

  const account = (asked: Asked): Asked => {
    const count = (kept: Map<string, number>, name: string) => kept.set(name, (kept.get(name) ?? 0) + 1);
    for (const name of asked.accepted) count(acknowledged, name);
    for (const name of asked.unknown) count(unknown, name);
    return asked;
  };
  const deploy = async (): Promise<Asked> => account(await askForDeployments(client, names, 'rebuild'));
  const deployAll = async (): Promise<void> => {
    const { accepted, refused } = await deploy();
    expect({ accepted: accepted.length, refused }).toEqual({ accepted: NODES, refused: [] });
  };

  /** Nothing is lost, stuck or done twice. */
  const settled = async (): Promise<void> => {
    const nodes = await inState(client, names, REST);
    for (const { provision_state, last_error } of nodes)
      if (provision_state !== 'active') expect(last_error).toMatch(/must not run twice/);
    expect(new Set(fleet.begun()).size).toBe(fleet.begun().length);
    const events = await client.events();
    const begun = deploymentsIn(events);
    for (const name of names) {
      const least = acknowledged.get(name) ?? 0;
      const count = begun.get(streams.get(name)!) ?? 0;
      expect(count).toBeGreaterThanOrEqual(least);
      expect(count).toBeLessThanOrEqual(least + (unknown.get(name) ?? 0));
    }
    expect(writtenWithoutClaim(events)).toEqual([]);
  };

  /** The conductor that has the most under way, once it has something. */
  const busiest = async (): Promise<Member> => {
    let host: string | undefined;
    await until(async () => {
      const held = [...claimedBy(await client.events())].filter(([, nodes]) => nodes.size >= 2);
      host = held.sort(([, a], [, b]) => b.size - a.size)[0]?.[0];
      return host !== undefined;
    }, 'a conductor at work');
    return fleet.conductors.find(({ name }) => name === host)!;
  };

  const impediments = async ({ url }: Member): Promise<string> => {
    try {
      const answer = await fetch(`${url}/readyz`);
      return answer.status === 503 ? JSON.stringify(await answer.json()) : '';
    } catch {
      return '';
    }
  };
  const told = (member: Member, what: RegExp) =>
    until(async () => what.test(await impediments(member)), `${member.name} to say ${what}`);

  it('goes on with every deployment when a conductor is killed', async () => {
    await deployAll();
    const victim = await busiest();
    await victim.kill();
    const death = Date.now();
    const orphans = claimedBy(await client.events()).get(victim.name)!;
    expect(orphans.size).toBeGreaterThan(0);
    await settled();
    const after = (await client.events()).filter(
      ({ stream, type, recorded }) => orphans.has(stream) && type === 'NodeClaimed' && Date.parse(recorded) > death,
    );
    expect(after.length).toBeGreaterThan(0);
    for (const { data } of after) expect(data.conductor).not.toBe(victim.name);
  });

  it('is not disturbed by a conductor that stood still and wakes', async () => {
    await deployAll();
    const victim = await busiest();
    victim.pause();
    const still = Date.now();
    await settled();
    const others = (await client.events()).filter(
      ({ metadata, type, recorded }) =>
        type === 'NodeClaimed' && metadata.actorId !== victim.name && Date.parse(recorded) > still,
    );
    expect(others.length).toBeGreaterThan(0);
    const before = (await client.events()).length;
    victim.resume();
    await victim.ready();
    // It has work again, so that it has woken and joined the others.
    await deployAll();
    await settled();
    const since = (await client.events()).slice(before);
    expect(writtenWithoutClaim(await client.events())).toEqual([]);
    expect(since.some(({ metadata }) => metadata.actorId === victim.name)).toBe(true);
  });

  it('takes commands while the broker is away, and does the work when it is back', async () => {
    await fleet.broker.kill();
    await deployAll();
    for (const member of [fleet.apis[0]!, fleet.conductors[0]!, fleet.relays[0]!]) await told(member, /Kafka/);
    await fleet.broker.start();
    await settled();
  });

  it('refuses commands while the store is away, and nothing is half done', async () => {
    const half = names.slice(0, NODES / 2);
    account(await askForDeployments(client, half, 'rebuild'));
    await fleet.store.kill();
    await told(fleet.apis[0]!, /event store/);
    const { accepted, refused, unknown } = account(
      await askForDeployments(client, names.slice(NODES / 2, NODES / 2 + 4), 'rebuild'),
    );
    expect({ accepted, unknown }).toEqual({ accepted: [], unknown: [] });
    for (const { status, body } of refused) {
      expect({ status, body }).toMatchObject({ status: 503 });
      const { faultstring } = JSON.parse((body as { error_message: string }).error_message) as { faultstring: string };
      expect(faultstring).toMatch(/event store/);
    }
    await fleet.store.start();
    await settled();
    await deployAll();
    await settled();
  });

  it('goes on when PostgreSQL was killed', async () => {
    await deployAll();
    await fleet.postgres.kill();
    await told(fleet.apis[0]!, /read model|PostgreSQL/);
    const { refused } = await deploy();
    for (const { status } of refused) expect(status).toBe(503);
    await fleet.postgres.start();
    await settled();
  });

  for (const role of ['relays'] as const)
    it(`goes on when the one and then the other of its ${role} is killed`, async () => {
      for (const victim of fleet[role]) {
        const deploying = deploy();
        await victim.kill();
        await deploying;
        await settled();
        await fleet.heal();
      }
    });

  const pairs: readonly (readonly [string, (fleet: Fleet) => readonly (Member | Engine)[]])[] = [
    ['a conductor and a relay', ({ conductors, relays }) => [conductors[2]!, relays[0]!]],
  ];
  it.each(pairs)('goes on when %s are killed at once', async (_, victims) => {
    await deployAll();
    await Promise.all(victims(fleet).map(victim => victim.kill()));
    await fleet.heal();
    await settled();
  });

  it('has told a subscriber what is in the store, through all of this', async () => {
    const store = await KurrentDbEventStore.connect({ connectionString: fleet.connectionString, clock: Date });
    try {
      const stored: string[] = [];
      for (let after = 0, atHead = false; !atHead;) {
        const page = await store.readAll(after, 1_000);
        for (const { stream, revision, id } of page.events) stored.push(`${stream}@${revision} ${id}`);
        ({ position: after, atHead } = page);
      }
      await until(() => subscriber.events.length >= stored.length, 'the subscriber to have everything');
      expect(subscriber.events.map(({ stream, revision, id }) => `${stream}@${revision} ${id}`)).toEqual(stored);
    } finally {
      await store.close();
    }
  });
});
