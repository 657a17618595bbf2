import type { EventStore, Node, RecordedEvent } from '#domain';
import { absentNode, foldNode, nodeStream } from '#domain';
import { badRequest } from '../http/ironic-error.js';

/** A past state: a revision of the node (`17`), or an instant (ISO 8601), which means what had been recorded up to then. */
export const foldAsOf = async (store: EventStore, uuid: string, asOf: string): Promise<Node> =>
  foldNode(uuid, await eventsAsOf(store, uuid, asOf), absentNode(uuid));

/** @throws HttpRefusal 400 for what is neither a revision nor a time */
export const eventsAsOf = async (store: EventStore, uuid: string, asOf: string): Promise<readonly RecordedEvent[]> => {
  const events = await store.readStream(nodeStream(uuid));
  if (/^\d{1,15}$/.test(asOf)) return events.filter(({ revision }) => revision <= Number(asOf));
  // Resolved to a position once: everything else follows from that.
  const position = await store.positionAt(instantOf(asOf));
  return events.filter(event => event.position <= position);
};

const instantOf = (text: string): string => {
  // `+` in a query means a space unless it was encoded.
  const ms = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text.replace(/ (?=\d\d:?\d\d$)/, '+')) : Number.NaN;
  if (Number.isNaN(ms)) throw badRequest(`as_of must be a revision or an ISO 8601 time, not ${JSON.stringify(text)}.`);
  return new Date(ms).toISOString();
};
