import type { Cause, Outcome, Principal } from '#command-handler';
import { CommandHandler, Content, nodePreparation, rootCause } from '#command-handler';
import type {
  ChassisCommand,
  DecisionSettings,
  EventStore,
  Node,
  NodeCommand,
  NodeCommandData,
  NodeCommandType,
  Surroundings,
} from '#domain';
import {
  chassisAggregate,
  conductorAggregate,
  defaultDecisionSettings,
  nodeAggregate,
  nodeStream,
  uuidOfNodeStream,
  webhookAggregate,
} from '#domain';
import type { BootingAgents, HardwareType } from '#drivers';
import { Drivers, FakeMemory, FleetCatalog, hardwareTypes } from '#drivers';
import { readEvents, SqliteEventStore } from '#event-store/sqlite';
import { rebuildInto, SqliteReadModel } from '#read-model';
import { EventRegistry } from '#schemas';
import { Sealer, SqliteKeyStore } from '#secrets';
import { countingIds } from './an-event.js';
import { turn } from './waiting.js';
import type { TemporaryFolder } from './temporary-folder.js';
import { temporaryFolder } from './temporary-folder.js';
import type { VirtualClock } from './virtual-clock.js';
import { virtualClock } from './virtual-clock.js';

export const HOUSE_CONDUCTOR = 'conductor-1';
export const operator: Principal = { kind: 'user', id: 'operator', project: 'operations', roles: ['admin'] };

export type NodeHandler = CommandHandler<Node, NodeCommand, Surroundings>;

export interface HouseOptions {
  /** What the handlers see in place of the SQLite store. */
  readonly store?: (sqlite: SqliteEventStore) => EventStore;
  readonly settings?: Partial<DecisionSettings>;
  /** What drives the nodes in place of the fake hardware as it is. */
  readonly hardware?: (fake: HardwareType) => HardwareType;
  /** With what machines are booted into agents; not at all where it is left out. */
  readonly booting?: BootingAgents;
}

/** The schemas do not change while tests run: compiled once. */
const registry = new EventRegistry();

/**
 * Stores, keys and command handlers as the product puts them together, in a folder of their own, on fake hardware and
 * a virtual clock, with ids that count up.
 */
export class House {
  readonly folder: TemporaryFolder = temporaryFolder();
  readonly clock: VirtualClock = virtualClock();
  readonly events: SqliteEventStore;
  readonly store: EventStore;
  readonly keys: SqliteKeyStore;
  readonly content: Content;
  readonly catalog = new FleetCatalog();
  readonly drivers: Drivers;
  readonly settings: DecisionSettings;
  readonly nodes: NodeHandler;
  readonly chassis;
  readonly conductors;
  readonly webhooks;
  readonly #commandId = countingIds('c');
  readonly #models: SqliteReadModel[] = [];

  constructor(options: HouseOptions = {}) {
    this.events = new SqliteEventStore({
      path: this.folder.file('events.sqlite'),
      clock: this.clock,
      // Nobody pulls the plug here: commits need not wait for the disk.
      prepareDatabase: database => void database.pragma('synchronous = OFF'),
    });
    this.store = options.store?.(this.events) ?? this.events;
    this.keys = new SqliteKeyStore(this.folder.file('keys.sqlite'), Buffer.alloc(32, 42));
    this.content = new Content(new Sealer(this.keys, this.events), this.events);
    const fakes = { hardwareTypes: ['fake-hardware'], ipmiFakeDeploy: false };
    const types = hardwareTypes(fakes, new FakeMemory(), options.booting);
    this.drivers = new Drivers(options.hardware ? types.map(options.hardware) : types);
    this.catalog.put({ host: HOUSE_CONDUCTOR, conductorGroup: '', manifests: this.drivers.manifests() });
    this.settings = { ...defaultDecisionSettings, ...options.settings };
    this.nodes = this.process(this.store);
    this.chassis = new CommandHandler(this.#ports(this.store), { aggregate: chassisAggregate, context: () => ({}) });
    this.conductors = new CommandHandler(this.#ports(this.store), {
      aggregate: conductorAggregate,
      context: () => ({}),
    });
    this.webhooks = new CommandHandler(this.#ports(this.store), { aggregate: webhookAggregate, context: () => ({}) });
  }

  /** The command handler of a process that knows nothing yet: another one, or the same after a restart. */
  process(store: EventStore = this.store): NodeHandler {
    return new CommandHandler(this.#ports(store), {
      aggregate: nodeAggregate,
      context: (cause, now) => ({
        now,
        commandId: cause.commandId,
        settings: this.settings,
        catalog: this.catalog,
        owner: () => HOUSE_CONDUCTOR,
        underWay: () => ({ deploying: 0, cleaning: 0 }),
      }),
      ...nodePreparation(this.content, this.catalog),
      ofStream: stream => (stream.startsWith('node-') ? uuidOfNodeStream(stream) : undefined),
    });
  }

  /** Of an operator's command that nobody has sent before. */
  cause(rest: Partial<Cause> = {}): Cause {
    return rootCause(this.#commandId(), operator, rest);
  }

  /** What an operator asks for. */
  send<T extends NodeCommandType>(
    uuid: string,
    type: T,
    data: NodeCommandData<T>,
    { cause = this.cause(), by = this.nodes }: { readonly cause?: Cause; readonly by?: NodeHandler } = {},
  ): Promise<Outcome<Node>> {
    return by.handle(uuid, { type, nodeId: uuid, data } as unknown as NodeCommand, cause);
  }

  sendToChassis(uuid: string, command: ChassisCommand) {
    return this.chassis.handle(uuid, command, this.cause());
  }

  /** Enrols a node on fake hardware. */
  enrol(uuid: string, attributes: object = {}, options?: Parameters<House['send']>[3]): Promise<Outcome<Node>> {
    const data = { attributes: { driver: 'fake-hardware', ...attributes }, provisionState: 'enroll' as const };
    return this.send(uuid, 'EnrolNode', data, options);
  }

  node(uuid: string): Promise<Node> {
    return this.nodes.repository.load(uuid);
  }

  async typesOf(uuid: string): Promise<string[]> {
    return (await this.events.readStream(nodeStream(uuid))).map(({ type }) => type);
  }

  /** Lets time pass until what was asked for is answered. */
  async within<T>(ms: number, asked: Promise<T>): Promise<T> {
    let isAnswered = false;
    const answered = () => void (isAnswered = true);
    asked.then(answered, answered);
    for (let passed = 0; passed < ms && !isAnswered; passed += 50) {
      await this.clock.advance(50);
      // Commits take a turn of their own.
      for (let turns = 0; turns < 20 && !isAnswered; turns++) await turn();
    }
    if (!isAnswered) throw new Error(`there was no answer within ${ms} ms of the virtual clock`);
    return asked;
  }

  /** Rows of everything that is written from now on, projected in the commit's own turn. */
  async openReadModel(): Promise<SqliteReadModel> {
    const model = await SqliteReadModel.open(this.folder.file('read-model.sqlite'), {
      streamBefore: (stream, revision) => this.events.streamOf(stream, 0, revision),
      readBlob: hash => this.events.blob(hash),
    });
    this.events.onCommit(events => model.apply(events));
    this.#models.push(model);
    return model;
  }

  /** A read model built from nothing, beside the writer, as the product does it. */
  async rebuild(path: string): Promise<void> {
    const events = readEvents(this.folder.file('events.sqlite'));
    await rebuildInto(path, { head: events.head, streams: events.streams, readBlob: events.blob });
    events.close();
  }

  async close(): Promise<void> {
    for (const model of this.#models) await model.close();
    await this.store.close();
    await this.events.close();
    await this.keys.close();
    this.folder.remove();
  }

  #ports(store: EventStore) {
    return { store, clock: this.clock, registry, codeVersion: 'test', sealOrigin: async () => undefined };
  }
}
