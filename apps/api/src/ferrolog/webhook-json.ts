import type { EventDataByType, EventStore, RecordedEvent, Webhook, WebhookPlace } from '#domain';
import { isoOf, storeOf } from '#domain';
import { positionToken } from './position-token.js';

/** A webhook for clients: what they set without the secret, and how far it was served. */
export const webhookJson = (webhook: Webhook, place: WebhookPlace | undefined, { identity }: EventStore) => {
  const { uuid, url, filter, enabled, disabledBecause, from, fromRevision, fromRecordedAt, createdAt, updatedAt } =
    webhook;
  const current = place?.fromRevision === fromRevision ? place : undefined;
  const { failing } = current ?? {};
  return {
    uuid,
    url,
    filter,
    enabled,
    disabled_because: disabledBecause,
    /** Everything up to here was delivered, given up or not wanted. */
    delivered_to: current
      ? positionToken(identity, current.position)
      : positionToken(storeOf(identity, fromRecordedAt), from),
    failing: failing
      ? {
          since: isoOf(failing.since),
          event: positionToken(identity, failing.event),
          event_since: isoOf(failing.eventSince),
          reason: failing.reason,
        }
      : null,
    created_at: createdAt,
    updated_at: updatedAt,
  };
};

/**
 * Newest first. A replay from `from` begins with the event itself; from that of a letter that was moved here it is
 * refused, as any position of the store of before.
 */
export const deadLetters = (events: readonly RecordedEvent[], { identity }: EventStore) =>
  events
    .filter(({ type }) => type === 'WebhookDeadLettered')
    .toReversed()
    .map(({ data, recorded, position: recordedAt }) => {
      const told = storeOf(identity, recordedAt);
      const { position, after, event, type, stream, attempts, since, reason } =
        data as EventDataByType['WebhookDeadLettered'];
      return {
        event,
        type,
        stream,
        position: positionToken(told, position),
        from: positionToken(told, after),
        attempts,
        since,
        given_up: recorded,
        reason,
      };
    });
