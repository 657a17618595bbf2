import type { Clock, EventStore, ExpectedRevision, NewEvent, Reservation, StreamAppend, UniqueValue } from '#domain';
import { foldReservation, reservationStream, valueTaken, WrongExpectedRevision } from '#domain';

/** What the handler knows about the streams that hold values. */
export interface Holders {
  /** Revision of the stream, and the unique values that its fold has. */
  look(stream: string): Promise<{ readonly revision: number; readonly values: readonly UniqueValue[] }>;
}

/**
 * How long a reservation that its holder has not used yet is waited for before it is broken. Its writer is a moment
 * away from using it, or dead.
 */
const CLAIM_PATIENCE_MS = 2_000;
const LOOK_MS = 50;

export type NewEventOn = (stream: string, revision: number, type: string, data: object) => NewEvent;

const same = (a: UniqueValue, b: UniqueValue): boolean => a.kind === b.kind && a.value === b.value;
const at = (revision: number): ExpectedRevision => (revision < 0 ? 'no stream' : revision);
const revisionOf = (expected: ExpectedRevision): number => (expected === 'no stream' ? -1 : expected);

/**
 * Uniqueness by streams (design 2): a value is reserved, then the holder's decision appended, then the old value
 * released. What a writer left half done is found by the next who wants the value.
 */
export class Reservations {
  constructor(
    private readonly store: Pick<EventStore, 'readStream' | 'append'>,
    private readonly clock: Clock,
    private readonly holders: Holders,
  ) {}

  /**
   * What has to be appended before the holder's decision.
   *
   * @throws Problem value.taken
   */
  async take(
    value: UniqueValue,
    holder: string,
    expected: ExpectedRevision,
    commandId: string,
    create: NewEventOn,
  ): Promise<StreamAppend> {
    const stream = reservationStream(value);
    let patience = { revision: -1, until: 0 };
    for (;;) {
      const events = await this.store.readStream(stream);
      const last = events.at(-1)?.revision ?? -1;
      const present = foldReservation(events);
      if (present && present.holder !== holder) {
        const { revision, values } = await this.holders.look(present.holder);
        if (values.some(held => same(held, value))) throw valueTaken(value);
        if (revision <= revisionOf(present.expected)) {
          // The decision it was made for was not appended. It may still be on its way.
          if (patience.revision !== last) patience = { revision: last, until: this.clock.now() + CLAIM_PATIENCE_MS };
          if (this.clock.now() < patience.until) {
            await pause(this.clock, LOOK_MS);
            continue;
          }
          if (!(await this.#lapse(present, stream, create))) continue;
        }
      }
      const data = { ...value, holder, expectedRevision: revisionOf(expected), commandId };
      return { stream, expected: at(last), events: [create(stream, last + 1, 'ReservationTaken', data)] };
    }
  }

  /** What has to be appended after the holder's decision; undefined when it is not the holder's any more. */
  async release(
    value: UniqueValue,
    holder: string,
    commandId: string,
    create: NewEventOn,
  ): Promise<StreamAppend | undefined> {
    const stream = reservationStream(value);
    const events = await this.store.readStream(stream);
    if (foldReservation(events)?.holder !== holder) return undefined;
    const revision = events.at(-1)!.revision + 1;
    return {
      stream,
      expected: revision - 1,
      events: [create(stream, revision, 'ReservationReleased', { holder, commandId })],
    };
  }

  /** Takes the place that the reservation was made for: a slow writer conflicts there instead of making a double. */
  async #lapse(
    { holder, expected, commandId }: Reservation,
    reservation: string,
    create: NewEventOn,
  ): Promise<boolean> {
    const lapsed = create(holder, revisionOf(expected) + 1, 'ClaimLapsed', { reservation, commandId });
    try {
      await this.store.append([{ stream: holder, expected, events: [lapsed] }]);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      throw error;
    }
  }
}

export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise(resolve => clock.after(delayMs, resolve));
