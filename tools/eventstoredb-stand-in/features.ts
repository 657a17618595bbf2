/** The version whose behaviour this server has, where versions differ. */
export const VERSION = '24.2.0';

const streams = 'event_store.client.streams.streams';

/** What is served, and nothing that is not. All names in lower case, as the server sends them. */
export const supported = (withBatchAppend: boolean) => ({
  serverVersion: VERSION,
  methods: [
    { service: streams, method: 'read', features: ['position', 'events'] },
    { service: streams, method: 'append', features: [] },
    { service: streams, method: 'delete', features: [] },
    { service: streams, method: 'tombstone', features: [] },
    ...(withBatchAppend ? [{ service: streams, method: 'batchappend', features: ['deadline_duration'] }] : []),
    { service: 'event_store.client.gossip.gossip', method: 'read', features: [] },
    { service: 'event_store.client.server_features.serverfeatures', method: 'getsupportedmethods', features: [] },
  ],
});
