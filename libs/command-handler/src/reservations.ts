import type { EventStore, ExpectedRevision, NewEvent, StreamAppend, UniqueValue } from '#domain';
import { foldReservation, reservationStream, valueTaken, WrongExpectedRevision } from '#domain';

/** What the handler knows about the streams that hold values. */
export interface Holders {
  /** Revision of the stream, and the unique values that its fold has. */
  look(stream: string): Promise<{ readonly revision: number; readonly values: readonly UniqueValue[] }>;
}

export type NewEventOn = (stream: string, revision: number, type: string, data: object) => NewEvent;

const same = (a: UniqueValue, b: UniqueValue): boolean => a.kind === b.kind && a.value === b.value;
const at = (revision: number): ExpectedRevision => (revision < 0 ? 'no stream' : revision);

/**
 * Uniqueness by streams (design 2): a value is reserved, then the holder's decision appended, then the old value
 * released. What a writer left half done is found by the next who wants the value.
 */
export class Reservations {
  constructor(
    private readonly store: EventStore,
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
    for (;;) {
      const events = await this.store.readStream(stream);
      const present = foldReservation(events);
      if (present && present.holder !== holder) {
        const { revision, values } = await this.holders.look(present.holder);
        if (values.some(held => same(held, value))) throw valueTaken(value);
        // The decision it was made for was not appended. It may still be on its way: then it has to conflict.
        const slot = present.expected === 'no stream' ? -1 : present.expected;
        if (
          revision <= slot &&
          !(await this.#lapse(present.holder, present.expected, stream, present.commandId, create))
        )
          continue;
      }
      const revision = (events.at(-1)?.revision ?? -1) + 1;
      const data = { ...value, holder, expectedRevision: expected === 'no stream' ? -1 : expected, commandId };
      return { stream, expected: at(revision - 1), events: [create(stream, revision, 'ReservationTaken', data)] };
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
    holder: string,
    expected: ExpectedRevision,
    reservation: string,
    commandId: string,
    create: NewEventOn,
  ): Promise<boolean> {
    const revision = (expected === 'no stream' ? -1 : expected) + 1;
    try {
      await this.store.append([
        { stream: holder, expected, events: [create(holder, revision, 'ClaimLapsed', { reservation, commandId })] },
      ]);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      throw error;
    }
  }
}
