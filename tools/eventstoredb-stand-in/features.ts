/** The version whose behaviour this server has, where versions differ. */
export const VERSION = '24.2.0';

/** The first that appends to several streams at once. */
const MULTI_STREAM_VERSION = '25.1.0';

export interface Announced {
  /** Whether BatchAppend is announced; clients use Append otherwise. True if not given. */
  readonly batchAppend?: boolean;
  /** Whether appends to several streams at once are; the version is then 25.1.0. False if not given. */
  readonly multiStreamAppend?: boolean;
}

const streams = 'event_store.client.streams.streams';

/** What is served, and nothing that is not. All names in lower case, as the server sends them. */
export const supported = ({ batchAppend = true, multiStreamAppend = false }: Announced) => ({
  serverVersion: multiStreamAppend ? MULTI_STREAM_VERSION : VERSION,
  methods: [
    { service: streams, method: 'read', features: ['position', 'events'] },
    { service: streams, method: 'append', features: [] },
    { service: streams, method: 'delete', features: [] },
    { service: streams, method: 'tombstone', features: [] },
    ...(batchAppend ? [{ service: streams, method: 'batchappend', features: ['deadline_duration'] }] : []),
    ...(multiStreamAppend
      ? [{ service: 'kurrentdb.protocol.v2.streams.streamsservice', method: 'appendsession', features: [] }]
      : []),
    { service: 'event_store.client.gossip.gossip', method: 'read', features: [] },
    { service: 'event_store.client.server_features.serverfeatures', method: 'getsupportedmethods', features: [] },
  ],
});
