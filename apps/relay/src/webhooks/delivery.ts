import type { Cause, CommandHandler } from '#command-handler';
import { causedBy, rootCause, uuidV5 } from '#command-handler';
import type {
  Clock,
  EventStore,
  RecordedEvent,
  Sealed,
  Webhook,
  WebhookCommand,
  WebhookFailing,
  WebhookPlaces,
} from '#domain';
import { eventFilterOf, isoOf, isPublic, storeOf } from '#domain';
import { Follower } from '#event-store/follower';
import { CLOUD_EVENT, cloudEvent } from './cloud-event.js';
import type { Poster } from './post.js';
import { signedHeaders } from './signature.js';

export interface DeliveryPorts {
  readonly store: EventStore;
  readonly webhooks: CommandHandler<Webhook, WebhookCommand, object>;
  readonly places: WebhookPlaces;
  readonly poster: Poster;
  /** Opens what is sealed. */
  readonly open: (sealed: Sealed) => Promise<unknown>;
  readonly clock: Clock;
  /** From 0 to 1: so that those who failed together do not come back together. */
  readonly random: () => number;
  readonly report: (message: string, details: object) => void;
}

const ATTEMPT_MS = 10_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;
const HOUR_MS = 3_600_000;
/** How long one event is tried. */
export const EVENT_PATIENCE_MS = 24 * HOUR_MS;
/** How long a webhook is tried that takes nothing. */
export const WEBHOOK_PATIENCE_MS = 72 * HOUR_MS;
/** RFC 9110 section 15.5.11: and it will stay so. */
const GONE = 410;

const PLACE_LOST =
  'how far it was served is not known any more, and where it began is a place in the event store whose events were moved into this one: say by a replay where to go on, then enable it';

const principal = { kind: 'system', id: 'webhooks' } as const;

/**
 * Serves one webhook as it is set at a revision: one event a request, in the order of the store, each until it is taken
 * or given up. Waits for nobody but its receiver.
 */
export class WebhookDelivery {
  readonly #end = new AbortController();
  readonly #follower: Follower;
  #place: { readonly position: number; readonly failing?: WebhookFailing };
  #secret: string | undefined;

  constructor(
    readonly webhook: Webhook,
    private readonly ports: DeliveryPorts,
  ) {
    const { uuid, filter, from } = webhook;
    this.#place = { position: from };
    this.#follower = new Follower({
      store: ports.store,
      clock: ports.clock,
      filter: eventFilterOf(filter),
      checkpoint: { get: () => this.#begin(), set: position => this.#keep(position, this.#place.failing) },
      handle: async events => {
        for (const event of events) if (isPublic(event)) await this.#deliver(event);
      },
      onBreak: error => ports.report('deliveries to a webhook broke off and will be tried again', { uuid, error }),
    });
  }

  start(): void {
    this.#follower.start();
  }

  /** An attempt under way is broken off; whoever goes on repeats it. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#follower.stop();
  }

  async #begin(): Promise<number> {
    const { places, open, store } = this.ports;
    const { uuid, from, fromRevision, fromRecordedAt, secret } = this.webhook;
    const opened = await open(secret!);
    if (typeof opened !== 'string' || !opened.startsWith('whsec_'))
      throw new Error('the secret of the webhook is gone');
    this.#secret = opened;
    const kept = await places.place(uuid);
    const isKept = kept?.fromRevision === fromRevision;
    // The number would name another event here. Where it went is known to nobody: only a client can say where to go on.
    if (!isKept && storeOf(store.identity, fromRecordedAt) !== store.identity) return this.#giveUpOnWebhook(PLACE_LOST);
    this.#place = isKept ? kept : { position: from };
    return this.#place.position;
  }

  async #deliver(event: RecordedEvent): Promise<void> {
    const { clock, store } = this.ports;
    const body = cloudEvent(event, store.identity);
    for (let attempts = 1; ; attempts++) {
      const begun = clock.now();
      const outcome = await this.#attempt(event.id, body);
      this.#end.signal.throwIfAborted();
      if (outcome === 'delivered') return this.#keep(event.position);
      const failing = this.#failingBy(event, begun, outcome.reason);
      await this.#keep(this.#place.position, failing);
      if (outcome.isFinal || clock.now() >= failing.since + WEBHOOK_PATIENCE_MS)
        return this.#giveUpOnWebhook(outcome.reason, event);
      const leftMs = failing.eventSince + EVENT_PATIENCE_MS - clock.now();
      if (leftMs <= 0) return this.#giveUpOnEvent(event, attempts, failing);
      await this.#pause(Math.min(leftMs, this.#retryMs(attempts)));
    }
  }

  async #attempt(id: string, body: string): Promise<'delivered' | { reason: string; isFinal?: boolean }> {
    const { clock, poster } = this.ports;
    const deadline = new AbortController();
    const cancel = clock.after(ATTEMPT_MS, () => deadline.abort());
    const signature = signedHeaders(this.#secret!, id, clock.now(), body);
    const headers = { 'content-type': CLOUD_EVENT, 'user-agent': 'ferrolog', ...signature };
    try {
      const signal = AbortSignal.any([deadline.signal, this.#end.signal]);
      const status = await poster.post(new URL(this.webhook.url), headers, body, signal);
      if (status >= 200 && status < 300) return 'delivered';
      return { reason: `the receiver answered ${status}`, isFinal: status === GONE };
    } catch (error) {
      if (deadline.signal.aborted) return { reason: `the receiver did not answer within ${ATTEMPT_MS / 1000} s` };
      return { reason: (error as Error).message };
    } finally {
      cancel();
    }
  }

  /** The times outlive the process: they are kept with the place. */
  #failingBy({ position, type }: RecordedEvent, begun: number, reason: string): WebhookFailing {
    const { failing } = this.#place;
    const { uuid } = this.webhook;
    if (!failing) this.ports.report('a webhook does not take an event', { uuid, position, type, reason });
    const eventSince = failing?.event === position ? failing.eventSince : begun;
    return { since: failing?.since ?? begun, event: position, eventSince, reason };
  }

  async #giveUpOnEvent(event: RecordedEvent, attempts: number, failing: WebhookFailing): Promise<void> {
    const { position, id, type, stream } = event;
    const { fromRevision } = this.webhook;
    const { eventSince, reason } = failing;
    const letter = {
      position,
      after: this.#place.position,
      event: id,
      type,
      stream,
      attempts,
      since: isoOf(eventSince),
      reason,
    };
    if (!(await this.#command({ type: 'GiveUpOnEvent', fromRevision, letter }, event, `letter/${fromRevision}`)))
      return this.#stale();
    await this.#keep(position, failing);
  }

  async #giveUpOnWebhook(reason: string, event?: RecordedEvent): Promise<never> {
    const { settingsRevision } = this.webhook;
    await this.#command({ type: 'GiveUpOnWebhook', settingsRevision, reason }, event, `disable/${settingsRevision}`);
    return this.#stale();
  }

  /**
   * Caused by the event that was not taken, if that is why. The same report twice is one: a crash may come between it
   * and the place.
   */
  async #command(command: WebhookCommand, event: RecordedEvent | undefined, name: string): Promise<boolean> {
    const { uuid } = this.webhook;
    const commandId = uuidV5(event?.id ?? uuid, `webhook/${uuid}/${name}`);
    const cause: Cause = event ? causedBy(event, commandId, principal) : rootCause(commandId, principal);
    const { events } = await this.ports.webhooks.handle(uuid, command, cause);
    return events.length > 0;
  }

  /** The webhook is set otherwise by now: whoever serves it as it is now stops this. */
  #stale(): Promise<never> {
    const { signal } = this.#end;
    return new Promise((_, reject) => {
      const leave = () => reject(new Error('stopped'));
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }

  async #keep(position: number, failing?: WebhookFailing): Promise<void> {
    this.#place = { position, ...(failing && { failing }) };
    await this.ports.places.keep(this.webhook.uuid, { fromRevision: this.webhook.fromRevision, ...this.#place });
  }

  #retryMs(attempts: number): number {
    return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS) * (0.75 + this.ports.random() / 2);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#end;
    return new Promise((resolve, reject) => {
      const leave = () => (cancel(), reject(new Error('stopped')));
      const cancel = this.ports.clock.after(ms, () => (signal.removeEventListener('abort', leave), resolve()));
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
