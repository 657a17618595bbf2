import type {
  BlobStore,
  Chassis,
  ChassisCommand,
  Clock,
  DecisionSettings,
  EventStore,
  HardwareReads,
  Node,
  NodeCommand,
  Signals,
  Surroundings,
  Telemetry,
  Webhook,
  WebhookCommand,
  WebhookPlaces,
} from '#domain';
import type { CommandHandler, Content } from '#command-handler';
import type { FleetCatalog } from '#drivers';
import type { ReadModel } from '#read-model';

/** What the API needs of the rest: handed in by whoever starts it. */
export interface ApiPorts {
  readonly nodes: CommandHandler<Node, NodeCommand, Surroundings>;
  readonly chassis: CommandHandler<Chassis, ChassisCommand, object>;
  readonly webhooks: CommandHandler<Webhook, WebhookCommand, object>;
  readonly webhookPlaces: WebhookPlaces;
  /** The read model in force: asked for anew by every request, because a rebuild swaps it. */
  readonly readModel: () => ReadModel;
  /** Waits, with a bound, until this process reads what was written up to the position. */
  readonly reached: (position: number) => Promise<void>;
  /** What was written lately is not in the rows, and that has lasted: reads of one node fold its stream instead. */
  readonly isBehind?: () => boolean;
  readonly store: EventStore;
  readonly blobs: BlobStore;
  readonly content: Content;
  readonly catalog: FleetCatalog;
  readonly telemetry: Telemetry;
  readonly signals: Signals;
  readonly reads: HardwareReads;
  /** Host of the conductor that owns the node by the ring. */
  readonly ownerOf: (conductorGroup: string, driver: string, uuid: string) => string | undefined;
  /** How the work of the fleet is divided. */
  readonly work: {
    /** Of every group and driver. */
    readonly partitions: number;
    /** Hosts by partition. */
    owners(conductorGroup: string, driver: string): ReadonlyMap<number, string>;
    /** Wake-ups that are not finished. @throws Error when the work log does not say */
    lag(conductorGroup: string, driver: string): Promise<number>;
  };
  /** What the adapter of the event store counted since it was opened, if it counts. */
  readonly storeCounters?: () => Readonly<Record<string, number>>;
  readonly clock: Clock;
  /** Aborted when the process shuts down: nobody is kept waiting any longer. */
  readonly closing: AbortSignal;
  readonly settings: ApiSettings;
  readonly rebuild: () => Promise<{ readonly events: number; readonly position: number; readonly seconds: number }>;
  /** What stands in the way of answering requests; empty when nothing does. */
  readonly impediments: () => readonly string[];
}

export interface ApiSettings {
  readonly maxLimit: number;
  readonly requireAgentTls: boolean;
  readonly decisions: DecisionSettings;
}

/** Injection token of {@link ApiPorts}. */
export const API_PORTS = Symbol('ApiPorts');
