import type { EventJson } from '#apps/api';
import type { Paint } from '../io.js';
import { duration } from '../render/duration.js';

interface Data {
  readonly operation?: string;
  readonly action?: string;
  readonly provisionState?: string;
  readonly problem?: object;
}

const STATE_WIDTH = 13;
const ENDS = /(Completed|Finished|Failed|Aborted|TimedOut|Expired|OutcomeUnknown)$/;

/** Turns events, in order, into lines: when, which node, in which state, what happened, and how long it took. */
export class LiveLines {
  /** When each run, step and action began, by its id. */
  readonly #began = new Map<string, number>();
  readonly #states = new Map<string, string>();
  #first: number | undefined;

  constructor(private readonly paint: Paint) {}

  lineOf({ recorded, stream, type, summary, data }: EventJson, name: string): string {
    const { paint } = this;
    const { provisionState, problem } = data as Data;
    const at = Date.parse(recorded);
    this.#first ??= at;
    const state = provisionState ?? this.#states.get(stream) ?? '';
    const isNew = state !== this.#states.get(stream);
    this.#states.set(stream, state);
    const took = this.#took(type, data as Data, at);
    const said = summary === provisionState ? '' : problem ? paint.red(summary) : summary;
    return [
      `${((at - this.#first) / 1000).toFixed(1).padStart(5)} s`,
      name,
      isNew ? paint.bold(state.padEnd(STATE_WIDTH)) : state.padEnd(STATE_WIDTH),
      type.padEnd(25),
      [said, took === undefined ? '' : paint.dim(`took ${duration(took)}`)].filter(Boolean).join(', '),
    ]
      .join('  ')
      .trimEnd();
  }

  #took(type: string, { operation, action }: Data, at: number): number | undefined {
    const id = operation ?? action;
    if (id === undefined) return undefined;
    const key = type.includes('Step') ? `${id}/step` : id;
    if (!ENDS.test(type)) {
      if (!this.#began.has(key) || key.endsWith('/step')) this.#began.set(key, at);
      return undefined;
    }
    const began = this.#began.get(key);
    return began === undefined ? undefined : (at - began) / 1000;
  }
}
