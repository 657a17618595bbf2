/** Told in every heartbeat and by `/v1/status`: the release of ironic-python-agent whose answers these are. */
export const agentVersion = '12.0.0';
