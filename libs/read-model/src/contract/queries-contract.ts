import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Node, Port, RecordedEvent } from '#domain';
import { foldNode, nodeStream, portDefaults } from '#domain';
import { House, someMetadata } from '#testing';
import type { NodeFilter } from '../node/node-queries.js';
import type { PageRequest } from '../pages.js';
import { MarkerMissing } from '../pages.js';
import type { PortFilter } from '../port/port-queries.js';
import type { ReadModel } from '../read-model.js';
import type { Projected, ReadModelScene } from './scene.js';

const seed = 20260101;
const shards = ['rack-1', 'Rack-1', 'straße'];
const words = ['', 'a', 'B', 'b', '50%', '5_0', '\\', '"quoted"', 'Ünïcode', 'ü', '漢字', '🚀', 'á', 'naïve % case'];
const uuid = (number: number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;

/** A fleet of nodes with few values of each field, so that there are ties and nulls; made of events like any other. */
const aFleet = (size: number): RecordedEvent[] => {
  const some = <T>(...values: T[]) => fc.constantFrom<T | null>(...values, null);
  const node = fc.record({
    attributes: fc.record({
      driver: fc.constantFrom('fake-hardware', 'ipmi'),
      name: fc.constant(null),
      conductor_group: fc.constantFrom('', 'rack-2'),
      resource_class: some('large', 'small', 'Large'),
      owner: some('alice', 'bob'),
      lessee: some('alice', 'carol'),
      shard: some(...shards),
      description: some(...words),
      instance_uuid: fc.constantFrom(null, 'set'),
      instance_name: some('vm', 'VM'),
      parent_node: fc.constantFrom(null, null, null, uuid(1)),
      chassis_uuid: some(uuid(901), uuid(902)),
      automated_clean: some(true, false),
    }),
    provisionState: fc.constantFrom('enroll', 'available'),
    maintenance: fc.boolean(),
    retired: fc.boolean(),
    fault: fc.constantFrom(null, null, 'clean failure'),
    power: some('power on', 'power off'),
    ports: fc.array(fc.record({ description: some(...words), name: some('eth0'), pxe_enabled: fc.boolean() }), {
      maxLength: 3,
    }),
  });
  const events: RecordedEvent[] = [];
  const record = (stream: string, revision: number, type: string, data: object) =>
    events.push({
      id: `event-${events.length}`, type, data, metadata: someMetadata, stream, revision, position: events.length + 1,
      recorded: new Date(Date.UTC(2026, 0, 1) + (events.length % 7) * 1_000).toISOString(),
    }); // prettier-ignore
  for (const [index, { attributes, fault, power, ports, ...rest }] of fc
    .sample(node, { numRuns: size, seed })
    .entries()) {
    // Uuids do not stand in the order of age.
    const id = uuid((index * 37) % 101);
    const own = {
      name: index % 3 === 0 ? null : `node-${(index * 7) % 50}`,
      instance_uuid: attributes.instance_uuid && uuid(500 + index),
    };
    const stream = nodeStream(id);
    let revision = 0;
    record(stream, revision++, 'NodeEnrolled', {
      uuid: id,
      attributes: { ...attributes, ...own },
      targetProvisionState: null,
      ...rest,
    });
    if (power) record(stream, revision++, 'PowerStateObserved', { powerState: power, previous: null });
    if (fault) record(stream, revision++, 'MaintenanceSet', { reason: 'fault', fault });
    for (const [place, port] of ports.entries()) {
      const address = `52:54:00:00:${String(place).padStart(2, '0')}:${String(index).padStart(2, '0')}`;
      const group = place === 0 ? uuid(801) : null;
      record(stream, revision++, 'PortAttached', {
        port: {
          ...portDefaults,
          uuid: uuid(1_000 + ((index * 41) % 101) * 10 + place),
          address,
          ...port,
          portgroup_uuid: group,
        },
      });
    }
  }
  return events;
};

/** At most three conditions at a time: more would leave nothing to put in order. */
const few = <T extends object>(all: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> =>
  all.chain(filter =>
    fc
      .shuffledSubarray(Object.keys(filter), { maxLength: 3 })
      .map(keys => Object.fromEntries(keys.map(key => [key, filter[key as keyof T]])) as Partial<T>),
  );

type Entry = { readonly id: number; readonly uuid: string; readonly json: Record<string, unknown> };

/** Null before everything, then numbers and texts byte by byte: what SQLite's order says. */
const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
};
const sortable = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : (value ?? null));

/** A page as the port of the queries describes it, the slow way. */
const pageOf = <T extends Entry>(
  entries: readonly T[],
  { limit, marker, sortKey = 'id', descending }: PageRequest,
): string[] => {
  const valueOf = (entry: T) => (sortKey === 'id' ? entry.id : sortable(entry.json[sortKey]));
  const direction = descending ? -1 : 1;
  const sorted = entries.toSorted((a, b) => direction * compare(valueOf(a), valueOf(b)) || a.id - b.id);
  const from = marker === undefined ? 0 : sorted.findIndex(({ uuid }) => uuid === marker) + 1;
  return sorted.slice(from, from + limit).map(({ uuid }) => uuid);
};

/** LIKE knows upper and lower case of ASCII letters only. */
const includes = (text: string | null, part: string): boolean => {
  const lower = (value: string) => value.replaceAll(/[A-Z]/g, letter => letter.toLowerCase());
  return text !== null && lower(text).includes(lower(part));
};

/** What every database must answer. */
export const queriesContract = (database: string, openScene: () => Promise<ReadModelScene>): void => {
  describe(`Lists in ${database}`, () => {
    const events = aFleet(90);
    const folded = [...Map.groupBy(events, ({ stream }) => stream)].map(([stream, own]) =>
      foldNode(stream.slice(5), own),
    );
    let house: House;
    let scene: ReadModelScene;
    let projection: Projected | undefined;
    let model: ReadModel;
    let nodes: (Entry & { node: Node })[];
    let ports: (Entry & { node: Node; port: Port })[];
    beforeAll(async () => {
      house = new House();
      scene = await openScene();
      projection = await scene.open(house.events, 'lists');
      ({ model } = projection);
      await projection.apply(events);
      const json = (text: string | undefined) => JSON.parse(`{${text}}`) as Record<string, unknown>;
      nodes = [];
      for (const node of folded)
        nodes.push({
          id: node.enrolledAt,
          uuid: node.uuid,
          node,
          json: json((await model.nodes.byUuid(node.uuid))?.text),
        });
      const rows = await model.ports.list({}, { limit: 1_000 });
      ports = folded.flatMap(node =>
        Object.values(node.ports).map(port => ({
          id: port.attachedAt,
          uuid: port.uuid,
          node,
          port,
          json: json(rows.find(row => row.uuid === port.uuid)?.text),
        })),
      );
    });
    afterAll(async () => {
      await projection?.close();
      await scene.close();
      await house.close();
    });

    const page = (keys: readonly string[], markers: () => readonly string[]): fc.Arbitrary<PageRequest> =>
      fc.record(
        {
          limit: fc.constantFrom(1, 7, 1_000),
          sortKey: fc.constantFrom('id', ...keys),
          descending: fc.boolean(),
          marker: fc.nat(1_000).map(number => markers()[number % markers().length]!),
        },
        { requiredKeys: ['limit'] },
      );

    describe('of nodes', () => {
      const sortKeys = [
      'uuid', 'name', 'created_at', 'updated_at', 'provision_updated_at', 'maintenance', 'provision_state', 'power_state', 'driver',
      'resource_class', 'owner', 'shard', 'description', 'fault', 'retired', 'instance_uuid', 'console_enabled', 'last_error',
      'automated_clean', 'maintenance_reason', 'protected', 'reservation', 'conductor_group',
    ]; // prettier-ignore
      const filter: fc.Arbitrary<NodeFilter> = few(
        fc.record({
          instance_uuid: fc.constantFrom(uuid(500), uuid(507), uuid(999)),
          chassis_uuid: fc.constantFrom(uuid(901), uuid(903)),
          associated: fc.boolean(),
          maintenance: fc.boolean(),
          provision_state: fc.constantFrom('enroll', 'available', 'active'),
          driver: fc.constantFrom('fake-hardware', 'ipmi', 'other'),
          resource_class: fc.constantFrom('large', 'Large'),
          fault: fc.constantFrom('clean failure', 'power failure'),
          conductor_group: fc.constantFrom('', 'rack-2'),
          owner: fc.constantFrom('alice', 'bob'),
          lessee: fc.constantFrom('alice', 'carol'),
          project: fc.constantFrom('alice', 'carol', 'nobody'),
          description_contains: fc.constantFrom('A', 'ü', 'Ü', '%', '_', '\\', '"', '', '漢'),
          retired: fc.boolean(),
          shards: fc.subarray(shards),
          sharded: fc.boolean(),
          parent_node: fc.constantFrom(uuid(1), uuid(2)),
          include_children: fc.boolean(),
          instance_name: fc.constantFrom('vm', 'VM'),
        }),
      );

      const passes = ({ attributes, ...node }: Node, filter: NodeFilter): boolean => {
        const equal = (name: keyof NodeFilter & keyof Node['attributes']) =>
          filter[name] === undefined || attributes[name] === filter[name];
        return [
          (
            [
              'instance_uuid',
              'chassis_uuid',
              'driver',
              'resource_class',
              'conductor_group',
              'owner',
              'lessee',
              'parent_node',
              'instance_name',
            ] as const
          ).every(equal),
          filter.provision_state === undefined || node.provisionState === filter.provision_state,
          filter.fault === undefined || node.fault === filter.fault,
          filter.maintenance === undefined || (node.maintenance !== null) === filter.maintenance,
          filter.retired === undefined || (node.retirement !== null) === filter.retired,
          filter.associated === undefined || (attributes.instance_uuid !== null) === filter.associated,
          filter.sharded === undefined || (attributes.shard !== null) === filter.sharded,
          !filter.shards || filter.shards.includes(attributes.shard!),
          filter.project === undefined || [attributes.owner, attributes.lessee].includes(filter.project),
          filter.description_contains === undefined || includes(attributes.description, filter.description_contains),
          filter.parent_node !== undefined || filter.include_children || attributes.parent_node === null,
        ].every(Boolean);
      };

      it('hold what the conditions say, in the order asked for, page by page', async () => {
        const property = fc.asyncProperty(
          filter,
          page(sortKeys, () => nodes.map(({ uuid }) => uuid)),
          async (filter, page) => {
            // A marker is a row of the list before: it passes the conditions.
            const listed = nodes.filter(({ node }) => passes(node, filter));
            const { marker, ...rest } = page;
            const request = listed.some(({ uuid }) => uuid === marker) ? page : rest;
            const expected = pageOf(listed, request);
            expect((await model.nodes.texts(filter, request)).map(({ uuid }) => uuid)).toEqual(expected);
            expect((await model.nodes.brief(filter, request)).map(({ uuid }) => uuid)).toEqual(expected);
          },
        );
        await fc.assert(property, { numRuns: 400, seed });
      });

      it('come whole when each page begins after the last row of the one before', async () => {
        for (const sortKey of sortKeys)
          for (const descending of [false, true]) {
            const order = { sortKey, descending, limit: 13 };
            const seen: string[] = [];
            for (let rows = await model.nodes.brief({ include_children: true }, order); rows.length > 0;) {
              seen.push(...rows.map(({ uuid }) => uuid));
              rows = await model.nodes.brief({ include_children: true }, { ...order, marker: seen.at(-1)! });
            }
            expect([sortKey, seen]).toEqual([sortKey, pageOf(nodes, { ...order, limit: 1_000 })]);
          }
      });

      it('refuse a marker that is not there, and a key that is no name', async () => {
        await expect(model.nodes.brief({}, { limit: 1, marker: uuid(999) })).rejects.toBeInstanceOf(MarkerMissing);
        for (const sortKey of ['name; DROP TABLE nodes', "x') --", 'Name', '', 'a.b'])
          await expect(model.nodes.brief({}, { limit: 1, sortKey })).rejects.toBeInstanceOf(RangeError);
        expect(await model.nodes.brief({}, { limit: 1, sortKey: 'no_such_member' })).toHaveLength(1);
      });

      it('and single nodes are found by uuid and name, counted by state', async () => {
        for (const { node } of nodes) {
          expect((await model.nodes.byUuid(node.uuid))?.revision).toBe(node.revision);
          if (node.attributes.name)
            expect((await model.nodes.byName(node.attributes.name))?.name).toBe(node.attributes.name);
        }
        expect([await model.nodes.byUuid(uuid(999)), await model.nodes.byName('NODE-7')]).toEqual([
          undefined,
          undefined,
        ]);
        const inState = (state: string) => nodes.filter(({ node }) => node.provisionState === state).length;
        const states = ['available', 'enroll'].map(state => [state, inState(state)] as const);
        expect(await model.nodes.countByState()).toEqual(new Map(states));
      });

      it('know children and chassis', async () => {
        const children = nodes.filter(({ node }) => node.attributes.parent_node === uuid(1)).map(({ uuid }) => uuid);
        expect(await model.nodes.childrenOf(uuid(1))).toEqual(children);
        expect(await Promise.all([901, 903].map(number => model.nodes.hasNodesIn(uuid(number))))).toEqual([
          true,
          false,
        ]);
      });
    });

    describe('of ports', () => {
      const sortKeys = [
        'uuid',
        'address',
        'name',
        'description',
        'pxe_enabled',
        'node_uuid',
        'created_at',
        'physical_network',
        'is_smartnic',
      ];
      const filter: fc.Arbitrary<PortFilter> = few(
        fc.record({
          node_uuid: fc.nat(100).map(uuid),
          addresses: fc.subarray(
            Array.from({ length: 30 }, (_, index) => `52:54:00:00:00:${String(index).padStart(2, '0')}`),
          ),
          portgroup_uuid: fc.constantFrom(uuid(801), uuid(802)),
          description_contains: fc.constantFrom('A', 'ü', '%', '_', '\\'),
          shards: fc.subarray(shards),
          conductor_groups: fc.subarray(['', 'rack-2']),
        }),
      );
      const passes = ({ node, port }: { node: Node; port: Port }, filter: PortFilter): boolean =>
        [
          filter.node_uuid === undefined || node.uuid === filter.node_uuid,
          !filter.addresses || filter.addresses.includes(port.address),
          filter.portgroup_uuid === undefined || port.attributes.portgroup_uuid === filter.portgroup_uuid,
          filter.description_contains === undefined ||
            includes(port.attributes.description as string | null, filter.description_contains),
          !filter.shards || filter.shards.includes(node.attributes.shard!),
          !filter.conductor_groups || filter.conductor_groups.includes(node.attributes.conductor_group),
        ].every(Boolean);

      it('hold what the conditions say, in the order asked for, page by page', async () => {
        const property = fc.asyncProperty(
          filter,
          page(sortKeys, () => ports.map(({ uuid }) => uuid)),
          async (filter, page) => {
            const listed = ports.filter(entry => passes(entry, filter));
            const { marker, ...rest } = page;
            const request = listed.some(({ uuid }) => uuid === marker) ? page : rest;
            expect((await model.ports.list(filter, request)).map(({ uuid }) => uuid)).toEqual(pageOf(listed, request));
          },
        );
        await fc.assert(property, { numRuns: 300, seed });
      });

      it('and single ports are found by uuid and address, and their nodes by addresses', async () => {
        const [{ port, node }] = ports as [(typeof ports)[0]];
        for (const ident of [port.uuid, port.address, port.address.toUpperCase()])
          expect(await model.ports.byIdent(ident)).toMatchObject({ uuid: port.uuid, node_uuid: node.uuid });
        expect(await model.ports.byIdent('52:54:00:ff:ff:ff')).toBeUndefined();
        const named = await model.ports.byIdent('eth0');
        expect(ports.find(({ uuid }) => uuid === named?.uuid)?.port.attributes.name).toBe('eth0');
        const both = [ports[0]!, ports.at(-1)!];
        expect(new Set(await model.ports.nodesWith(both.map(({ port }) => port.address)))).toEqual(
          new Set(both.map(({ node }) => node.uuid)),
        );
        expect(await model.ports.nodesWith([])).toEqual([]);
      });

      it('refuse a marker that is not there', () =>
        expect(model.ports.list({}, { limit: 1, marker: uuid(9_999) })).rejects.toBeInstanceOf(MarkerMissing));
    });
  });
};
