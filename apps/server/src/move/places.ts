import type { Webhook, WebhookPlace, WebhookPlaces } from '#domain';
import { WEBHOOK_STREAMS, webhookAggregate } from '#domain';
import type { ImportTarget } from '#event-store/kurrentdb';
import type { StoredRows } from '#event-store/sqlite';

interface Places {
  readonly source: StoredRows;
  readonly target: ImportTarget;
  /** None where nothing was served yet. */
  readonly sourcePlaces: WebhookPlaces | undefined;
  readonly targetPlaces: WebhookPlaces;
}

/**
 * Every webhook goes on after the same event, and one that was not served yet begins after it: what the events of
 * webhooks say of positions is of the source alone.
 */
export const copyPlaces = async ({ source, target, sourcePlaces, targetPlaces }: Places): Promise<void> => {
  const there = (position: number) => placeThere(source, target, position);
  const webhooks = webhooksIn(source);
  for (const { uuid, from, fromRevision } of webhooks) {
    const kept = await sourcePlaces?.place(uuid);
    const { position, failing }: Pick<WebhookPlace, 'position' | 'failing'> =
      kept?.fromRevision === fromRevision ? kept : { position: from };
    await targetPlaces.keep(uuid, {
      fromRevision,
      position: await there(position),
      ...(failing && { failing: { ...failing, event: await there(failing.event) } }),
    });
  }
  const uuids = webhooks.map(({ uuid }) => uuid);
  await targetPlaces.find(uuids, await there(Number.MAX_SAFE_INTEGER));
};

/** Where in the target the last event stands that the source has up to a position; 0 where there is none. */
export const placeThere = async (source: StoredRows, target: ImportTarget, position: number): Promise<number> => {
  const last = source.lastUpTo(position);
  return last ? target.positionOf(last.stream, last.revision) : 0;
};

const webhooksIn = (source: StoredRows): Webhook[] => {
  const webhooks = new Map<string, Webhook>();
  for (const event of source.eventsOf(WEBHOOK_STREAMS)) {
    const uuid = event.stream.slice(WEBHOOK_STREAMS.length);
    const before = webhooks.get(uuid) ?? webhookAggregate.initial(uuid);
    webhooks.set(uuid, webhookAggregate.evolve(before, event));
  }
  return [...webhooks.values()].filter(({ present }) => present);
};
