import type { EventMetadata, RecordedEvent } from './ports/event-store.js';
import type { UniqueValue } from './reservation.js';

/** What every fold knows about itself. */
export interface AggregateState {
  /** Of the last event folded; -1 before the first. */
  readonly revision: number;
  /** The newest commands and the revision each led to. */
  readonly commands: readonly { readonly id: string; readonly revision: number }[];
  readonly readableBy: number;
}

/** A decider: three functions about one stream. All pure. */
export interface Aggregate<State extends AggregateState, Command extends { readonly type: string }, Context = object> {
  stream(id: string): string;
  initial(id: string): State;
  evolve(state: State, event: RecordedEvent): State;
  /** @throws Problem */
  decide(command: Command, state: State, context: Context): readonly { readonly type: string; readonly data: object }[];
  /** Values that no other stream may have at the same time. */
  uniqueValues?(state: State): readonly UniqueValue[];
  /** What goes into the metadata of a decision's events besides who and why. */
  metadata?(before: State, after: State): Partial<EventMetadata>;
}

/** How many commands a fold remembers, so that one that comes again is answered and not done again (design 3). */
export const REMEMBERED_COMMANDS = 32;

/** One entry a command, whatever the number of its events: the newest stands last. */
export const rememberCommand = (
  commands: AggregateState['commands'],
  id: string,
  revision: number,
): AggregateState['commands'] => {
  const before = commands.at(-1)?.id === id ? commands.slice(0, -1) : commands;
  return [...before.slice(-(REMEMBERED_COMMANDS - 1)), { id, revision }];
};

/** The bookkeeping of one more event, the same for every aggregate. */
export const evolved = <State extends AggregateState>(state: State, event: RecordedEvent): AggregateState => ({
  revision: event.revision,
  readableBy: Math.max(state.readableBy, Number(event.metadata.readableBy)),
  commands: rememberCommand(state.commands, event.metadata.commandId, event.revision),
});
