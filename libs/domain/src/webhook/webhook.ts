import type { Aggregate, AggregateState } from '../aggregate.js';
import { evolved } from '../aggregate.js';
import type { EventDataByType } from '../generated/events.js';
import type { EventFilter, RecordedEvent } from '../ports/event-store.js';
import type { Sealed } from '../ports/key-store.js';
import { Problem } from '../problem.js';
import { requireDeliverable } from './webhook-url.js';

/** Which events an integrator wants: of these nodes or streams, and of these types. Empty lists ask for everything. */
export interface WebhookFilter {
  readonly node: readonly string[];
  readonly type: readonly string[];
  readonly stream: readonly string[];
}

/** What a client can set. The secret is sealed before it comes here. */
export interface WebhookSettings {
  readonly url: string;
  readonly filter: WebhookFilter;
  readonly secret: Sealed;
  readonly enabled: boolean;
}

/** An address that events are delivered to. */
export interface Webhook extends AggregateState, Omit<WebhookSettings, 'secret'> {
  readonly uuid: string;
  readonly present: boolean;
  readonly secret: Sealed | null;
  /** Why deliveries gave up on it; null where a client switched it off, or where it is on. */
  readonly disabledBecause: string | null;
  /** Deliveries begin after this position … */
  readonly from: number;
  /** … since the event of this revision: a place that was reached before it is void. */
  readonly fromRevision: number;
  /** Position of that event: by it is known of which store `from` is (`storeOf`). */
  readonly fromRecordedAt: number;
  /** Of the newest event that a delivery has to know of. */
  readonly settingsRevision: number;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export type WebhookCommand =
  | ({ readonly type: 'CreateWebhook'; readonly from: number } & WebhookSettings)
  | { readonly type: 'ChangeWebhook'; readonly changes: Partial<WebhookSettings> }
  | { readonly type: 'DeleteWebhook' }
  | { readonly type: 'ReplayToWebhook'; readonly from: number }
  /** Reports of a delivery that began since the revision: void when it is not that any more. */
  | {
      readonly type: 'GiveUpOnEvent';
      readonly fromRevision: number;
      readonly letter: EventDataByType['WebhookDeadLettered'];
    }
  | { readonly type: 'GiveUpOnWebhook'; readonly settingsRevision: number; readonly reason: string };

export const WEBHOOK_STREAMS = 'webhook-';
export const webhookKeySubject = (uuid: string): string => `webhook/${uuid}`;

export const webhookAggregate: Aggregate<Webhook, WebhookCommand> = {
  stream: uuid => `${WEBHOOK_STREAMS}${uuid}`,

  initial: uuid => ({
    uuid,
    present: false,
    url: '',
    filter: { node: [], type: [], stream: [] },
    secret: null,
    enabled: false,
    disabledBecause: null,
    from: 0,
    fromRevision: -1,
    fromRecordedAt: 0,
    settingsRevision: -1,
    createdAt: null,
    updatedAt: null,
    revision: -1,
    commands: [],
    readableBy: 1,
  }),

  decide(command, webhook) {
    const { uuid, present, enabled } = webhook;
    switch (command.type) {
      case 'CreateWebhook': {
        if (present) throw exists(uuid);
        const { type: _, ...settings } = command;
        requireDeliverable(settings.url);
        return [{ type: 'WebhookCreated', data: { uuid, ...settings } }];
      }
      case 'GiveUpOnEvent': {
        const isVoid = !present || !enabled || command.fromRevision !== webhook.fromRevision;
        return isVoid ? [] : [{ type: 'WebhookDeadLettered', data: command.letter }];
      }
      case 'GiveUpOnWebhook': {
        const isVoid = !present || !enabled || command.settingsRevision !== webhook.settingsRevision;
        return isVoid ? [] : [{ type: 'WebhookDisabled', data: { reason: command.reason } }];
      }
    }
    if (!present) throw webhookMissing(uuid);
    switch (command.type) {
      case 'ChangeWebhook': {
        const { changes } = command;
        if (changes.url !== undefined) requireDeliverable(changes.url);
        const changed = differing(changes, webhook);
        return changed.length > 0 ? [{ type: 'WebhookChanged', data: { changes: Object.fromEntries(changed) } }] : [];
      }
      case 'ReplayToWebhook':
        return [{ type: 'WebhookReplayRequested', data: { from: command.from } }];
      case 'DeleteWebhook':
        return [{ type: 'WebhookDeleted', data: { erases: [webhookKeySubject(uuid)] } }];
    }
  },

  evolve: (webhook, event) => ({ ...webhook, ...changeBy(webhook, event), ...evolved(webhook, event) }),
};

const differing = (changes: Partial<WebhookSettings>, webhook: Webhook): [string, unknown][] =>
  Object.entries(changes).filter(
    ([name, value]) => JSON.stringify(webhook[name as keyof WebhookSettings]) !== JSON.stringify(value),
  );

const changeBy = (webhook: Webhook, event: RecordedEvent): Partial<Webhook> => {
  const { revision, recorded, position: fromRecordedAt } = event;
  const since = { settingsRevision: revision, updatedAt: recorded };
  switch (event.type) {
    case 'WebhookCreated': {
      const { url, filter, secret, enabled, from } = event.data as EventDataByType['WebhookCreated'];
      const begun = { from, fromRevision: revision, fromRecordedAt, settingsRevision: revision, createdAt: recorded };
      return { present: true, url, filter, secret, enabled, ...begun };
    }
    case 'WebhookChanged': {
      const { changes } = event.data as EventDataByType['WebhookChanged'];
      return { ...changes, ...(changes.enabled !== undefined && { disabledBecause: null }), ...since };
    }
    case 'WebhookDisabled': {
      const { reason } = event.data as EventDataByType['WebhookDisabled'];
      return { enabled: false, disabledBecause: reason, ...since };
    }
    case 'WebhookReplayRequested': {
      const { from } = event.data as EventDataByType['WebhookReplayRequested'];
      return { from, fromRevision: revision, fromRecordedAt, ...since };
    }
    case 'WebhookDeleted':
      return webhookAggregate.initial(webhook.uuid);
    default:
      return {};
  }
};

/**
 * Streams that tell of resources: what the world outside is told of. Reservations, requests and webhooks themselves
 * are ours alone.
 */
export const PUBLIC_STREAMS: readonly string[] = ['node-', 'hardware-', 'chassis-', 'conductor-', 'allocation-'];

export const isPublic = ({ stream }: RecordedEvent): boolean =>
  PUBLIC_STREAMS.some(prefix => stream.startsWith(prefix));

/** What the store is asked for on behalf of a filter; {@link isPublic} has to hold besides. */
export const eventFilterOf = ({ node, type, stream }: WebhookFilter): EventFilter => {
  const streams = [...node.map(uuid => `node-${uuid}`), ...stream];
  return { streams: streams.length > 0 ? streams : PUBLIC_STREAMS, types: type };
};

export const webhookMissing = (uuid: string): Problem =>
  new Problem({
    code: 'webhook.missing',
    title: 'There is no such webhook',
    detail: `Webhook ${uuid} could not be found.`,
  });
const exists = (uuid: string): Problem =>
  new Problem({
    code: 'webhook.exists',
    title: 'The webhook is there already',
    detail: `A webhook with UUID ${uuid} already exists.`,
  });
