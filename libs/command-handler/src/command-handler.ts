import type {
  Aggregate,
  AggregateState,
  Clock,
  EventMetadata,
  EventStore,
  NewEvent,
  RecordedEvent,
  StreamAppend,
  UniqueValue,
} from '#domain';
import { isoOf, OutcomeUnknown, Problem, StoreUnavailable, WrongExpectedRevision } from '#domain';
import type { EventRegistry } from '#schemas';
import type { Cause } from './cause.js';
import { metadataOf, VOCABULARY } from './cause.js';
import { eventId } from './identity.js';
import { idempotencyStream, usedBefore } from './idempotency.js';
import { Repository } from './repository.js';
import type { NewEventOn } from './reservations.js';
import { pause, Reservations } from './reservations.js';

export interface Outcome<State> {
  readonly state: State;
  /** What it appended to the aggregate's stream; empty when the command changed nothing. */
  readonly events: readonly RecordedEvent[];
  /** The command had been decided before: this is the answer of then, and nothing was appended now. */
  readonly repeated: boolean;
  /** Position to wait for in order to read what was written. */
  readonly position: number;
}

export interface CommandHandlerPorts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly registry: EventRegistry;
  readonly codeVersion: string;
  /** Seals address and user agent of a principal; undefined when there is nothing to seal. */
  readonly sealOrigin: (cause: Cause) => Promise<string | undefined>;
}

export interface AggregateKind<State extends AggregateState, Command extends { readonly type: string }, Context> {
  readonly aggregate: Aggregate<State, Command, Context>;
  /** What a decision may look at, read when it is made. */
  readonly context: (cause: Cause, now: string) => Context;
  /** I/O before the decision, on the state it will be made on: secrets are sealed here. */
  readonly prepare?: (command: Command, state: State, cause: Cause) => Promise<Command>;
  /** The same for a decision that nobody records: leaves no trace. */
  readonly rehearse?: (command: Command, state: State, cause: Cause) => Promise<Command>;
  /** Values of a stream that may hold some; only the kind knows how to fold it. */
  readonly ofStream?: (stream: string) => string | undefined;
}

/** How long a client's command waits for a node that is being worked on (design 9). */
const LOCK_PATIENCE_MS = 3_000;
/** How often a client's command is decided anew after conflicts; a report goes on until it lands. */
const CLIENT_ATTEMPTS = 8;
const RETRY_MS = 50;
/** How long an append whose outcome is unknown is repeated: a store asks some 15 s itself before it says so. */
const UNKNOWN_PATIENCE_MS = 20_000;

/**
 * Load, decide, append: the only writer of streams. All events of one decision are one append at the exact revision it
 * was made on; after a conflict it is made anew.
 */
export class CommandHandler<State extends AggregateState, Command extends { readonly type: string }, Context> {
  readonly repository: Repository<State, Command, Context>;
  readonly #reservations: Reservations;
  readonly #changed = new Map<string, Set<() => void>>();

  constructor(
    private readonly ports: CommandHandlerPorts,
    private readonly kind: AggregateKind<State, Command, Context>,
  ) {
    this.repository = new Repository(ports.store, kind.aggregate);
    const store = {
      readStream: (stream: string) => ports.store.readStream(stream),
      append: (appends: readonly StreamAppend[]) => this.#append(appends),
    };
    this.#reservations = new Reservations(store, ports.clock, { look: stream => this.#look(stream) });
  }

  /**
   * @throws Problem when the command is refused; nothing was recorded
   * @throws StoreUnavailable · OutcomeUnknown only for commands of clients; reports wait until the store is back
   */
  async handle(id: string, command: Command, cause: Cause): Promise<Outcome<State>> {
    const isReport = cause.principal.kind === 'conductor';
    const patientUntil = this.ports.clock.now() + LOCK_PATIENCE_MS;
    let [seen, conflicts, failures] = [-1, 0, 0];
    for (;;) {
      try {
        const before = await this.#load(id);
        seen = before.revision;
        return await this.#attempt(id, before, command, cause);
      } catch (error) {
        if (error instanceof WrongExpectedRevision) {
          if (++conflicts >= CLIENT_ATTEMPTS && !isReport) throw conflict(error);
        } else if (isReport && (error instanceof StoreUnavailable || error instanceof OutcomeUnknown))
          // Decided anew under the same id: what had landed after all is found by it.
          await this.#pauseAfter(++failures);
        else if (!isLocked(error) || !(await this.#changes(id, seen, patientUntil))) throw error;
      }
    }
  }

  /** What would be decided. Nothing is appended, and nothing else is left behind. */
  async rehearse(id: string, command: Command, cause: Cause) {
    const state = await this.#load(id);
    const now = isoOf(this.ports.clock.now());
    const prepared = (await this.kind.rehearse?.(command, state, cause)) ?? command;
    return { state, events: this.kind.aggregate.decide(prepared, state, this.kind.context(cause, now)) };
  }

  async #attempt(id: string, before: State, command: Command, cause: Cause): Promise<Outcome<State>> {
    const { aggregate } = this.kind;
    const done = before.commands.find(({ id }) => id === cause.commandId);
    const used = cause.idempotency && (await usedBefore(this.ports.store, cause.idempotency));
    const earlier = done?.revision ?? (used && (used.revision ?? (await this.#revisionOf(id, cause.commandId))));
    if (earlier !== undefined) return this.#answerAgain(id, earlier, cause.commandId);
    const now = isoOf(this.ports.clock.now());
    const prepared = (await this.kind.prepare?.(command, before, cause)) ?? command;
    const decided = aggregate.decide(prepared, before, this.kind.context(cause, now));
    const namesItself = cause.idempotency !== undefined && !used;
    if (decided.length === 0 && !namesItself) return { state: before, events: [], repeated: false, position: 0 };

    const origin = await this.ports.sealOrigin(cause);
    const metadata = metadataOf(cause, origin, now, this.ports.codeVersion);
    const stream = aggregate.stream(id);
    const expected = before.revision < 0 ? ('no stream' as const) : before.revision;
    const after = this.#foresee(before, stream, decided, metadata, now);
    const full = { ...metadata, ...aggregate.metadata?.(before, after) };
    const create = this.#creator(cause.commandId, full);
    const createBeside = this.#creator(cause.commandId, metadata);
    const events = decided.map(({ type, data }, index) => create(stream, before.revision + 1 + index, type, data));
    const appends: StreamAppend[] = [
      ...(namesItself ? [this.#keyUsed(cause, stream, decided.length > 0 ? undefined : before, createBeside)] : []),
      ...(await this.#taken(before, after, stream, expected, cause.commandId, createBeside)),
      ...(events.length > 0 ? [{ stream, expected, events }] : []),
      ...(await this.#released(before, after, stream, cause.commandId, createBeside)),
    ];
    const recorded = await this.#append(appends);
    const mine = recorded.filter(event => event.stream === stream);
    const state = this.repository.keep(id, this.repository.fold(before, mine));
    this.#tellChanged(id);
    return { state, events: mine, repeated: false, position: Math.max(...recorded.map(({ position }) => position)) };
  }

  async #load(id: string): Promise<State> {
    const state = await this.repository.load(id);
    if (state.readableBy > VOCABULARY)
      throw new Problem({
        code: 'node.unreadable',
        title: 'A newer version wrote here',
        detail: `The stream of ${id} has events that only a newer Ferrolog understands: this process does not decide on it.`,
        hint: 'Send the request to an upgraded process, or upgrade this one.',
      });
    return state;
  }

  /** A key is for ever, what a fold remembers is not: the stream has it. */
  async #revisionOf(id: string, commandId: string): Promise<number | undefined> {
    const events = await this.ports.store.readStream(this.kind.aggregate.stream(id));
    return events.findLast(({ metadata }) => metadata.commandId === commandId)?.revision;
  }

  /** As it was answered then: the state that the command led to, and what it had appended. */
  async #answerAgain(id: string, revision: number, commandId: string): Promise<Outcome<State>> {
    const stream = await this.ports.store.readStream(this.kind.aggregate.stream(id), 0, revision + 1);
    const state = this.repository.fold(this.kind.aggregate.initial(id), stream);
    const events = stream.filter(({ metadata }) => metadata.commandId === commandId);
    return { state, events, repeated: true, position: stream.at(-1)?.position ?? 0 };
  }

  /** The state as it will be. The store's clock and positions are not known yet, and nothing asked of it here depends on them. */
  #foresee(
    before: State,
    stream: string,
    decided: readonly { type: string; data: object }[],
    metadata: EventMetadata,
    recorded: string,
  ): State {
    let state = before;
    for (const { type, data } of decided)
      state = this.kind.aggregate.evolve(state, {
        id: '',
        stream,
        type,
        data,
        metadata,
        revision: state.revision + 1,
        position: 0,
        recorded,
      });
    return state;
  }

  #creator(commandId: string, metadata: EventMetadata): NewEventOn {
    return (stream, revision, type, data): NewEvent => {
      const version = this.ports.registry.check(type, data);
      const versioned = version > 1 ? { ...metadata, schemaVersion: String(version) } : metadata;
      return { id: eventId(commandId, stream, revision, type, JSON.stringify(data)), type, data, metadata: versioned };
    };
  }

  /** What changed nothing leaves no other trace: then the key says where the answer of then is read. */
  #keyUsed(cause: Cause, target: string, unchanged: State | undefined, create: NewEventOn): StreamAppend {
    const { key, digest } = cause.idempotency!;
    const stream = idempotencyStream(key);
    const data = {
      digest,
      stream: target,
      commandId: cause.commandId,
      ...(unchanged && { revision: unchanged.revision }),
    };
    return { stream, expected: 'no stream', events: [create(stream, 0, 'IdempotencyKeyUsed', data)] };
  }

  async #taken(
    before: State,
    after: State,
    stream: string,
    expected: StreamAppend['expected'],
    commandId: string,
    create: NewEventOn,
  ) {
    const values = this.#difference(after, before);
    return Promise.all(values.map(value => this.#reservations.take(value, stream, expected, commandId, create)));
  }

  async #released(before: State, after: State, stream: string, commandId: string, create: NewEventOn) {
    const values = this.#difference(before, after);
    const appends = await Promise.all(
      values.map(value => this.#reservations.release(value, stream, commandId, create)),
    );
    return appends.filter(append => append !== undefined);
  }

  #difference(one: State, other: State): UniqueValue[] {
    const valuesOf = this.kind.aggregate.uniqueValues;
    if (!valuesOf || one === other) return [];
    const others = new Set(valuesOf(other).map(({ kind, value }) => `${kind}/${value}`));
    return valuesOf(one).filter(({ kind, value }) => !others.has(`${kind}/${value}`));
  }

  /** An append whose outcome is unknown is repeated, identical, until it is known (design 3) or nobody waits for it. */
  async #append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    const patientUntil = this.ports.clock.now() + UNKNOWN_PATIENCE_MS;
    for (let failures = 1; ; failures++) {
      try {
        return await this.ports.store.append(appends);
      } catch (error) {
        if (!(error instanceof OutcomeUnknown) || this.ports.clock.now() >= patientUntil) throw error;
        await this.#pauseAfter(failures);
      }
    }
  }

  /** A stream that this process cannot read may hold any value: then nothing can be decided here. */
  async #look(stream: string) {
    const id = this.kind.ofStream?.(stream);
    if (id === undefined) return { revision: Number.MAX_SAFE_INTEGER, values: [] };
    const state = await this.#load(id);
    return { revision: state.revision, values: this.kind.aggregate.uniqueValues?.(state) ?? [] };
  }

  #pauseAfter(failures: number): Promise<void> {
    return pause(this.ports.clock, RETRY_MS * Math.min(failures, 20));
  }

  /** Whether the stream goes on from the revision in time. */
  async #changes(id: string, revision: number, until: number): Promise<boolean> {
    for (;;) {
      const leftMs = until - this.ports.clock.now();
      if (leftMs <= 0) return false;
      await this.nextChange(id, leftMs);
      if ((await this.#load(id)).revision !== revision) return true;
    }
  }

  /** Ends when this process changes it, or after the time at the latest: another process may have. */
  async nextChange(id: string, atMostMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#changed.get(id) ?? new Set();
    this.#changed.set(id, waiting.add(resolve));
    const cancel = this.ports.clock.after(Math.min(atMostMs, 200), resolve);
    await promise;
    cancel();
    waiting.delete(resolve);
    if (waiting.size === 0) this.#changed.delete(id);
  }

  #tellChanged(id: string): void {
    for (const resolve of this.#changed.get(id) ?? []) resolve();
  }
}

const isLocked = (error: unknown): boolean => error instanceof Problem && error.code === 'node.locked';

const conflict = (cause: WrongExpectedRevision): Problem =>
  new Problem(
    {
      code: 'command.conflict',
      title: 'Others were faster, again and again',
      detail: `${cause.stream} changed each time while the request was decided on.`,
      hint: 'Retry.',
    },
    { cause },
  );
