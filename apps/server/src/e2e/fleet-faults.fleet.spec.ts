import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import type { Answer } from './ironic-api.js';
import { deploy, deployOnce, enrol, fleetClient, inState, type FleetClient } from './fleet-load.js';
import { claimedBy, deploymentsIn, intentsOf, writtenWithoutClaim } from './fleet-record.js';
import { subscribe, type Subscriber } from './fleet-subscriber.js';
import { startFleet, until, type Engine, type Fleet, type Member } from './fleet-under-test.js';
import { receive, type Receiver } from './fleet-webhook.js';
import { blessed, reasoned, writeAsNewer } from './newer-version.js';

// Nine processes and three engines; whoever dies, no acknowledged command is lost, no node is stuck and nothing that
// must not run twice is begun twice. Every case deploys machines, all or a few, and pulls a plug in the middle.

const NODES = 200;
const names = Array.from({ length: NODES }, (_, index) => `bm-${index}`);
const few = names.slice(0, 40);
const REST = ['active', 'deploy failed'];
/** So many nodes of one conductor at work are the middle of it. */
const AT_WORK = 4;
/** Only to end what hangs. */
const LONG_MS = 900_000;

describe('A fleet', () => {
  let fleet: Fleet;
  let client: FleetClient;
  let store: KurrentDbEventStore;
  let subscriber: Subscriber;
  let receiver: Receiver;
  const streams = new Map<string, string>();
  /** How often each node was to be deployed, over all cases so far. */
  const asked = new Map<string, number>();

  beforeAll(async () => {
    fleet = await startFleet({ conductors: 3, apis: 2, projectors: 2, relays: 2 });
    client = fleetClient(fleet.apis);
    await Promise.all(fleet.all.map(member => member.start()));
    await Promise.all(fleet.all.map(member => member.ready()));
    store = await KurrentDbEventStore.connect({ connectionString: fleet.connectionString, clock: Date });
    subscriber = subscribe(fleet.apis);
    receiver = await receive();
    const filter = { type: ['DeploymentFinished', 'NodeBlessed'] };
    await client.insist('POST', '/ferrolog/v1/webhooks', { url: receiver.url, filter });
    await enrol(client, names, 2);
    for (const { name, uuid } of await client.nodes()) streams.set(String(name), `node-${uuid}`);
    account(names);
    await deploy(client, names, 'active');
    await settled();
  }, LONG_MS);
  /** A case that failed is not the failure of those that follow. */
  afterEach(async () => {
    await fleet.heal();
    await inState(client, names, REST);
    const deployments = deploymentsIn(await client.events());
    for (const name of names) asked.set(name, deployments.get(streams.get(name)!) ?? 0);
  });
  afterAll(async () => {
    await subscriber?.end();
    await receiver?.end();
    await store?.close();
    await fleet?.end();
  });

  const account = (deployed: readonly string[]) => {
    for (const name of deployed) asked.set(name, (asked.get(name) ?? 0) + 1);
  };
  const redeploy = (which = names): Promise<readonly Answer[]> => {
    account(which);
    return deploy(client, which, 'rebuild');
  };
  /** Deploys everything again and again as long as the task lasts. Answers the refusals. */
  const underLoad = async (task: () => Promise<unknown>): Promise<readonly Answer[]> => {
    const refusals: Answer[] = [];
    let isOver = false;
    const load = async () => {
      while (!isOver) {
        refusals.push(...(await redeploy()));
        await inState(client, names, REST);
      }
    };
    await Promise.all([load(), task().finally(() => (isOver = true))]);
    return refusals;
  };

  /** Nothing is lost, stuck or done twice. */
  const settled = async (): Promise<void> => {
    const nodes = await inState(client, names, REST);
    for (const { provision_state, last_error } of nodes)
      if (provision_state !== 'active') expect(last_error).toMatch(/must not run twice/);
    const begun = fleet.touched().filter(({ mark }) => mark === 'begun');
    expect(new Set(begun.map(({ step }) => step)).size).toBe(begun.length);
    const events = await client.events();
    const deployments = deploymentsIn(events);
    expect(names.map(name => [name, deployments.get(streams.get(name)!)])).toEqual([...asked]);
    expect(writtenWithoutClaim(events)).toEqual([]);
  };

  const stored: RecordedEvent[] = [];
  /** The subscriber has what is in the store, all of it, once and in this order. */
  const subscribed = async (): Promise<void> => {
    const placeOf = ({ stream, revision, id }: Pick<RecordedEvent, 'stream' | 'revision' | 'id'>) =>
      `${stream}@${revision} ${id}`;
    for (let atHead = false; !atHead;) {
      const page = await store.readAll(stored.at(-1)?.position ?? 0, 1_000);
      stored.push(...page.events);
      ({ atHead } = page);
    }
    await until(() => subscriber.events.length >= stored.length, 'the subscriber to have everything');
    expect(subscriber.events.map(placeOf)).toEqual(stored.map(placeOf));
  };

  /** The conductor that has the most under way, once it has something. */
  const busiest = async (): Promise<Member> => {
    let host: string | undefined;
    await until(async () => {
      const held = [...claimedBy(await client.events())].filter(([, nodes]) => nodes.size >= AT_WORK);
      host = held.sort(([, a], [, b]) => b.size - a.size)[0]?.[0];
      return host !== undefined;
    }, 'a conductor at work');
    return fleet.conductors.find(({ name }) => name === host)!;
  };

  it('goes on with every deployment when a conductor is killed', async () => {
    const deploying = redeploy();
    const victim = await busiest();
    await victim.kill();
    const death = Date.now();
    expect(await deploying).toEqual([]);
    await settled();
    const events = await client.events();
    const isAfter = ({ recorded }: { readonly recorded: string }) => Date.parse(recorded) > death;
    const orphans = claimedBy(events.filter(event => !isAfter(event))).get(victim.name)!;
    expect(orphans.size).toBeGreaterThan(0);
    const after = events.filter(event => orphans.has(event.stream) && event.type === 'NodeClaimed' && isAfter(event));
    expect(after.length).toBeGreaterThan(0);
    for (const { data } of after) expect(data.conductor).not.toBe(victim.name);
  });

  it('is not disturbed by a conductor that stood still and wakes', async () => {
    const deploying = redeploy();
    const victim = await busiest();
    /** What it has begun to do to machines, and not ended. */
    const inFlight = () => {
      const mine = fleet.touched().filter(({ by }) => by === victim.name);
      const ended = new Set(mine.filter(({ mark }) => mark === 'ended').map(({ step }) => step));
      return mine.filter(({ mark, step }) => mark === 'begun' && !ended.has(step)).map(({ step }) => step);
    };
    await until(() => {
      victim.pause();
      if (inFlight().length > 0) return true;
      victim.resume();
      return false;
    }, 'an effect to be in flight');
    expect(await deploying).toEqual([]);
    await settled();
    const [events, touches] = [(await client.events()).length, fleet.touched().length];
    const interrupted = new Set(inFlight());

    victim.resume();
    await victim.ready();
    // It has work again, so that it has woken and joined the others.
    expect(await redeploy(few)).toEqual([]);
    await settled();
    const since = (await client.events()).slice(events);
    expect(since.filter(({ metadata }) => metadata.actorId === victim.name)).not.toEqual([]);
    // What it did to machines without an intent of after it woke: at most it ended what was in flight.
    const anew = intentsOf(victim.name, since);
    const late = fleet.touched().slice(touches);
    const old = late.filter(({ by, step }) => by === victim.name && !anew.has(step));
    expect(old.filter(({ mark, step }) => mark === 'begun' || !interrupted.has(step))).toEqual([]);
  });

  it('takes commands while the broker is away, also by a new API, and does the work when it is back', async () => {
    await fleet.broker.kill();
    const [first, second] = fleet.apis as [Member, Member];
    await Promise.all([second.kill(), fleet.conductors[1]!.kill()]);
    for (const member of [first, fleet.conductors[0]!, fleet.relays[0]!]) await member.impededBy(/Kafka/);
    account(few);
    const half = few.length / 2;
    expect(await deploy(fleetClient([first]), few.slice(0, half), 'rebuild')).toEqual([]);
    await Promise.all([second.start(), fleet.conductors[1]!.start()]);
    await fleet.conductors[1]!.impededBy(/Kafka/);
    // It says that it has no broker, and nothing else is in its way.
    await second.impededBy(/\["no Kafka[^"]*"\]/);
    expect(await deploy(fleetClient([second]), few.slice(half), 'rebuild')).toEqual([]);
    await fleet.broker.start();
    await settled();
  });

  it('refuses commands while the store is away, and nothing is half done', async () => {
    await redeploy(few);
    await fleet.store.kill();
    await fleet.apis[0]!.impededBy(/event store/);
    const answers = await deployOnce(client, names.slice(-4));
    for (const { status, headers, body } of answers) {
      expect({ status, again: headers.get('retry-after') }).toEqual({ status: 503, again: null });
      const { faultstring } = JSON.parse((body as { error_message: string }).error_message) as { faultstring: string };
      expect(faultstring).toMatch(/event store/);
    }
    const native = await fetch(`${fleet.apis[0]!.url}/ferrolog/v1/events?from=now`);
    expect({ status: native.status, again: native.headers.get('retry-after') }).toEqual({ status: 503, again: '5' });
    await fleet.store.start();
    await settled();
  });

  it('goes on when PostgreSQL was killed', async () => {
    await redeploy(few);
    await fleet.postgres.kill();
    await fleet.apis[0]!.impededBy(/read model|PostgreSQL/);
    for (const { status } of await deployOnce(client, names.slice(-4))) expect(status).toBe(503);
    await fleet.postgres.start();
    await settled();
  });

  it.each(['relays', 'projectors'] as const)(
    'goes on when the one and then the other of its %s is killed',
    async role => {
      for (const victim of fleet[role]) {
        const deploying = redeploy(few);
        await busiest();
        await victim.kill();
        expect(await deploying).toEqual([]);
        await settled();
        await fleet.heal();
      }
    },
  );

  it('goes on when the API is killed that a subscriber follows, who goes on at the other one', async () => {
    const deploying = redeploy(few);
    await busiest();
    await until(() => subscriber.by !== undefined, 'the subscriber to be connected');
    const victim = subscriber.by!;
    await victim.kill();
    expect(await deploying).toEqual([]);
    await settled();
    expect(subscriber.by).not.toBe(victim);
    await subscribed();
  });

  const victims: readonly ((fleet: Fleet) => readonly (Member | Engine)[])[] = [
    ({ conductors }) => [conductors[0]!],
    ({ apis }) => [apis[0]!],
    ({ relays }) => [relays[0]!],
    ({ projectors }) => [projectors[0]!],
    ({ broker }) => [broker],
    ({ store }) => [store],
    ({ postgres }) => [postgres],
    ({ conductors, relays }) => [conductors[2]!, relays[1]!],
    ({ broker, projectors }) => [broker, projectors[1]!],
    ({ store, conductors }) => [store, conductors[1]!],
    ({ postgres, broker }) => [postgres, broker],
  ];
  it(
    'goes on while one after another, and then two at a time, is killed',
    async () => {
      const refusals = await underLoad(async () => {
        for (const who of victims) {
          await busiest();
          await Promise.all(who(fleet).map(victim => victim.kill()));
          await fleet.heal();
        }
      });
      for (const { status } of refusals) expect(status).toBe(503);
      await settled();
    },
    LONG_MS,
  );

  const restarted = async (member: Member): Promise<void> => {
    await member.stop();
    await member.start();
    await member.ready();
  };
  it(
    'fails no request while all of it is restarted, one of each role after another',
    async () => {
      const answers: Answer[] = [];
      let isOver = false;
      const change = async () => {
        for (let round = 0; !isOver; round++) {
          const patch = [{ op: 'replace', path: '/description', value: `round ${round}` }];
          answers.push(await client.request('PATCH', `/v1/nodes/bm-${round % NODES}`, patch));
          answers.push(await client.request('GET', '/v1/nodes?limit=20'));
        }
      };
      const restart = async () => {
        const { conductors, apis, projectors, relays } = fleet;
        for (let turn = 0; turn < conductors.length; turn++)
          await Promise.all([conductors, apis, projectors, relays].flatMap(role => role[turn] ?? []).map(restarted));
      };
      const refusals = await underLoad(() => Promise.all([change(), restart().finally(() => (isOver = true))]));
      expect(refusals).toEqual([]);
      // A node is locked while it is deployed.
      expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
      expect(answers.filter(({ status }) => status === 200)).not.toEqual([]);
      await settled();
    },
    LONG_MS,
  );

  it('carries what a newer version wrote, also while it works on the same nodes', async () => {
    const deploying = redeploy(few);
    await busiest();
    const chosen = [...claimedBy(await client.events()).values()].flatMap(held => [...held]).slice(0, 20);
    for (const stream of chosen) await writeAsNewer(store, stream);
    expect(await deploying).toEqual([]);
    await settled();
    await subscribed();
    const rows = new Map((await client.nodes()).map(row => [`node-${row.uuid}`, row]));
    for (const stream of chosen) {
      const told = (wanted: string) => subscriber.events.find(each => each.stream === stream && each.type === wanted);
      expect(told('NodeBlessed')).toMatchObject(blessed);
      expect(told('MaintenanceSet')).toMatchObject(reasoned);
      expect(rows.get(stream)).toMatchObject({ maintenance_reason: reasoned.data.reason });
      const lift = await client.request('DELETE', `/v1/nodes/${rows.get(stream)!.uuid}/maintenance`);
      expect(lift.status).toBe(202);
    }
    const again = names.filter(name => chosen.includes(streams.get(name)!));
    expect(await redeploy(again)).toEqual([]);
    await settled();
  });

  it('has brought every event to a webhook, through all of this', async () => {
    await subscribed();
    const wanted = stored.filter(({ type }) => type === 'DeploymentFinished' || type === 'NodeBlessed');
    await until(() => receiver.delivered.size >= wanted.length, 'the webhook to have brought everything');
    expect([...receiver.delivered.keys()]).toEqual(wanted.map(({ id }) => id));
    const [first] = [...receiver.delivered.values()].filter(({ type }) => type === 'ferrolog.NodeBlessed');
    expect(first).toMatchObject({ data: { data: blessed.data } });
  });
});
