import type { FoundWebhooks, RecordedEvent } from '#domain';
import { WEBHOOK_STREAMS } from '#domain';
import { Follower } from '#event-store/follower';
import type { DeliveryPorts } from './delivery.js';
import { WebhookDelivery } from './delivery.js';

/**
 * Serves all webhooks, each on its own: finds them by following their streams, and begins anew with one whenever it is
 * set otherwise. Only one process of a fleet may do so at a time; two would deliver everything twice.
 */
export class WebhookDeliveries {
  readonly #running = new Map<string, WebhookDelivery>();
  readonly #follower: Follower;

  constructor(private readonly ports: DeliveryPorts) {
    this.#follower = new Follower({
      store: ports.store,
      clock: ports.clock,
      filter: { streams: [WEBHOOK_STREAMS] },
      checkpoint: { get: () => this.#resume(), set: position => ports.places.find([], position) },
      handle: events => this.#notice(events),
      onBreak: error => ports.report('looking for webhooks broke off and will be tried again', { error }),
    });
  }

  start(): void {
    this.#follower.start();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    await Promise.all([...this.#running.values()].map(delivery => delivery.stop()));
    this.#running.clear();
  }

  /** With those that were found before; the others are found after the position. */
  async #resume(): Promise<number> {
    const { uuids, position }: FoundWebhooks = await this.ports.places.found();
    for (const uuid of uuids) await this.#serve(uuid);
    return position;
  }

  async #notice(events: readonly RecordedEvent[]): Promise<void> {
    const uuids = [...new Set(events.map(({ stream }) => stream.slice(WEBHOOK_STREAMS.length)))];
    await this.ports.places.find(uuids);
    for (const uuid of uuids) await this.#serve(uuid);
  }

  async #serve(uuid: string): Promise<void> {
    const webhook = await this.ports.webhooks.repository.load(uuid);
    const running = this.#running.get(uuid);
    if (webhook.present && running?.webhook.settingsRevision === webhook.settingsRevision) return;
    await running?.stop();
    this.#running.delete(uuid);
    if (!webhook.present) return this.ports.places.lose(uuid);
    if (!webhook.enabled) return;
    const delivery = new WebhookDelivery(webhook, this.ports);
    this.#running.set(uuid, delivery);
    delivery.start();
  }
}
