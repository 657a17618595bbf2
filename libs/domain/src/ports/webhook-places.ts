/**
 * The port of what is known of webhooks and not recorded: which there are, and how far each was served. An event for
 * every delivery would double the store. Losing all of it costs repeated deliveries and nothing else: webhooks are
 * found again in the store, and say where they begin. Whoever moves events to another store moves the places, too: what
 * a webhook says that was moved may be no place there.
 *
 * Belongs to one store in one generation: where it finds itself beside another one, it is empty.
 * `libs/telemetry/src/webhook-places-contract.ts` tests it on every adapter.
 */
export interface WebhookPlaces {
  /** Webhooks that were found up to a position of the store; none up to 0 at first. */
  found(): Answer<FoundWebhooks>;
  /** Notes some more, up to the position. Without one it stays where it was. */
  find(uuids: readonly string[], position?: number): Answer<void>;
  /** Forgets the webhook and its place. */
  lose(uuid: string): Answer<void>;
  place(uuid: string): Answer<WebhookPlace | undefined>;
  /** Once it is answered, a process that dies does not lose it. */
  keep(uuid: string, place: WebhookPlace): Answer<void>;
  close(): Answer<void>;
}

type Answer<T> = T | Promise<T>;

export interface FoundWebhooks {
  readonly uuids: readonly string[];
  readonly position: number;
}

export interface WebhookPlace {
  /** Revision of the webhook's event that said where to begin: when that is another one, this place is void. */
  readonly fromRevision: number;
  /** Everything up to here was delivered, given up or not wanted. */
  readonly position: number;
  readonly failing?: WebhookFailing;
}

/** The next event cannot be delivered. Times are milliseconds since 1970. */
export interface WebhookFailing {
  /** First failure since anything was delivered. */
  readonly since: number;
  /** Position of the event that is tried now, and its first attempt. */
  readonly event: number;
  readonly eventSince: number;
  readonly reason: string;
}
