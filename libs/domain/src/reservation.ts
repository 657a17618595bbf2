import type { EventDataByType } from './generated/events.js';
import type { ExpectedRevision, RecordedEvent } from './ports/event-store.js';
import { Problem } from './problem.js';

/** A value that only one thing at a time may have. */
export interface UniqueValue {
  readonly kind: 'node-name' | 'instance' | 'mac' | 'port' | 'port-name';
  readonly value: string;
}

/** Letters, digits and `-` stay readable in the stream's name; of everything else `_` and the bytes in hex. */
export const reservationStream = ({ kind, value }: UniqueValue): string =>
  `reservation-${kind}-${encodeURIComponent(value).replaceAll('_', '%5F').replaceAll('%', '_')}`;

/** Who has a unique value, by the last event of its reservation stream. */
export interface Reservation {
  readonly holder: string;
  /** Revision of the holder that the decision which needed it was to be appended at. */
  readonly expected: ExpectedRevision;
  readonly commandId: string;
}

export const foldReservation = (events: readonly RecordedEvent[]): Reservation | undefined => {
  const last = events.at(-1);
  if (last?.type !== 'ReservationTaken') return undefined;
  const { holder, expectedRevision, commandId } = last.data as EventDataByType['ReservationTaken'];
  return { holder, expected: expectedRevision === -1 ? 'no stream' : expectedRevision, commandId };
};

export const valueTaken = ({ kind, value }: UniqueValue): Problem => {
  const sentences: Record<UniqueValue['kind'], string> = {
    'node-name': `A node with name ${value} already exists.`,
    instance: `Instance ${value} is already associated with a node, it cannot be associated with this other node.`,
    mac: `A port with MAC address ${value} already exists.`,
    port: `A port with UUID ${value} already exists.`,
    'port-name': `A port with name ${value} already exists.`,
  };
  return new Problem({ code: 'value.taken', title: 'The value belongs to something else', detail: sentences[kind] });
};
