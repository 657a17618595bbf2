import type { WebhookCommand, WebhookFilter, WebhookPlace, WebhookPlaces } from '#domain';
import { webhookKeySubject } from '#domain';
import { SqliteWebhookPlaces } from '#telemetry';
import type { House } from '#testing';
import { WebhookDeliveries } from './deliveries.js';
import type { Poster } from './post.js';
import { httpPoster } from './post.js';

export const NODE = 'aaaaaaaa-0000-4000-8000-000000000000';
export const OTHER_NODE = 'bbbbbbbb-0000-4000-8000-000000000000';
export const WEBHOOK = 'eeeeeeee-0000-4000-8000-000000000000';
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** For tests: webhooks in a house, served by a process that can die and come back. */
export class WebhookBench {
  readonly reports: (readonly [string, object])[] = [];
  readonly places: SqliteWebhookPlaces;
  /** How often a place was kept. */
  kept = 0;
  #deliveries: WebhookDeliveries | undefined;
  readonly #posters: Poster[] = [];

  constructor(readonly house: House) {
    this.places = new SqliteWebhookPlaces(house.folder.file('webhooks.sqlite'), house.events.identity);
  }

  start(poster: Poster = httpPoster({ allowPrivate: true }), keep?: (place: WebhookPlace) => void): void {
    const { house, places } = this;
    this.#posters.push(poster);
    const watched: WebhookPlaces = {
      found: () => places.found(),
      find: (uuids, position) => places.find(uuids, position),
      lose: uuid => places.lose(uuid),
      place: uuid => places.place(uuid),
      keep: (uuid, place) => {
        keep?.(place);
        this.kept++;
        places.keep(uuid, place);
      },
      close: () => undefined,
    };
    this.#deliveries = new WebhookDeliveries({
      store: house.store,
      webhooks: house.webhooks,
      places: watched,
      poster,
      open: sealed => house.content.plainValue(sealed),
      clock: house.clock,
      random: () => 0.5,
      report: (message, details) => this.reports.push([message, details]),
    });
    this.#deliveries.start();
  }

  async stop(): Promise<void> {
    await this.#deliveries?.stop();
    for (const poster of this.#posters.splice(0)) poster.close();
  }

  async create(url: string, filter: Partial<WebhookFilter> = {}, { uuid = WEBHOOK, from = 0 } = {}): Promise<void> {
    const secret = await this.house.content.seal(webhookKeySubject(uuid), SECRET);
    const whole = { node: [], type: [], stream: [], ...filter };
    await this.send({ type: 'CreateWebhook', url, filter: whole, secret, enabled: true, from }, uuid);
  }

  async send(command: WebhookCommand, uuid = WEBHOOK): Promise<void> {
    await this.house.webhooks.handle(uuid, command, this.house.cause());
  }

  /** Changes something about a node, again and again something else. */
  async change(uuid = NODE, times = 1): Promise<void> {
    const { revision } = await this.house.node(uuid);
    for (let time = 1; time <= times; time++)
      await this.house.send(uuid, 'PatchNode', {
        patch: [{ op: 'add', path: '/extra/change', value: revision + time }],
      });
  }

  async types(uuid = WEBHOOK): Promise<string[]> {
    return (await this.house.events.readStream(`webhook-${uuid}`)).map(({ type }) => type);
  }

  async close(): Promise<void> {
    await this.stop();
    this.places.close();
  }
}
