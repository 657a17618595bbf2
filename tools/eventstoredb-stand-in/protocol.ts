import type { ServiceDefinition } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';

/*
 * The messages of protocol/*.proto as grpc-js hands them over: 64-bit numbers as decimal text, absent fields absent,
 * so that which field of a oneof is there can be seen.
 */

/** The descriptions are read where they are written: nothing copies them to dist/. */
const folder = join(import.meta.dirname, '../../../tools/eventstoredb-stand-in/protocol');

const definitions = loadSync(
  ['streams.proto', 'server-features.proto', 'gossip.proto', 'multi-stream.proto', 'rich-status.proto'].map(file =>
    join(folder, file),
  ),
  { includeDirs: [folder], longs: String, enums: Number, bytes: Buffer, defaults: false, oneofs: false },
);

const service = (name: string): ServiceDefinition => definitions[name] as ServiceDefinition;

export const streamsService = service('event_store.client.streams.Streams');
export const featuresService = service('event_store.client.server_features.ServerFeatures');
export const gossipService = service('event_store.client.gossip.Gossip');

export const multiStreamService = service('kurrentdb.protocol.v2.streams.StreamsService');

/** The bytes of a google.rpc.Status. */
export const richStatus = (status: { code: number; message: string; details: Detail[] }): Buffer =>
  (definitions['ferrolog.stand_in.RichStatus'] as MessageTypeDefinition<object, object>).serialize(status);

export type Nothing = Record<string, never>;

export interface WireUuid {
  text?: string;
  halves?: { high?: string; low?: string };
}

export interface WireStream {
  name?: Buffer;
}

export interface WirePosition {
  commit?: string;
  prepare?: string;
}

export interface WireTarget {
  stream?: WireStream;
  revision?: string;
  missing?: Nothing;
  any?: Nothing;
  exists?: Nothing;
}

export interface WireProposed {
  id?: WireUuid;
  properties?: Record<string, string>;
  metadata?: Buffer;
  data?: Buffer;
}

export interface WireWritten {
  revision?: string;
  missing?: Nothing;
  position?: WirePosition;
  nowhere?: Nothing;
}

export interface AppendPart {
  target?: WireTarget;
  event?: WireProposed;
}

export interface AppendAnswer {
  written?: WireWritten;
  refused?: Record<string, string | Nothing>;
}

export interface Chunk {
  appendId?: WireUuid;
  target?: WireTarget;
  events?: WireProposed[];
  isLast?: boolean;
}

/** `@type` tells the loader what to make of the rest. */
export type Detail = { '@type': string } & Record<string, unknown>;

export interface ChunkAnswer {
  appendId?: WireUuid;
  stream?: WireStream;
  written?: WireWritten;
  refused?: { code: number; message: string; detail: Detail };
}

export interface Removal {
  target?: WireTarget;
}

export interface Removed {
  position: WirePosition;
}

export interface WireExpression {
  regex?: string;
  prefixes?: string[];
}

export interface WireFilter {
  stream?: WireExpression;
  type?: WireExpression;
  max?: number;
  unlimited?: Nothing;
  checkpointEvery?: number;
}

export interface ReadOptions {
  stream?: { stream?: WireStream; revision?: string; first?: Nothing; last?: Nothing };
  all?: { position?: WirePosition; first?: Nothing; last?: Nothing };
  /** 1: backwards. */
  direction?: number;
  limit?: string;
  subscription?: Nothing;
  filter?: WireFilter;
  uuidForm?: { halves?: Nothing; text?: Nothing };
  control?: { compatibility?: number };
}

export interface ReadRequest {
  options?: ReadOptions;
}

export interface WireRecorded {
  id: WireUuid;
  stream: WireStream;
  revision: string;
  prepare: string;
  commit: string;
  properties: Record<string, string>;
  metadata: Buffer;
  data: Buffer;
}

export interface ReadAnswer {
  event?: { event: WireRecorded; commit: string };
  confirmation?: { subscriptionId: string };
  checkpoint?: WirePosition;
  notFound?: { stream: WireStream };
  lastRevision?: string;
  caughtUp?: Nothing;
}

/** What google.protobuf.Value holds, one of them. */
export interface WireValue {
  stringValue?: string;
  numberValue?: number;
  boolValue?: boolean;
}

export interface SessionPart {
  stream?: string;
  expected?: string;
  records?: {
    id?: string;
    properties?: Record<string, WireValue>;
    schema?: { format?: number; name?: string };
    data?: Buffer;
  }[];
}

export interface Session {
  done: { stream: string; revision: string; position?: string }[];
  position: string;
}
