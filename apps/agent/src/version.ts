/** Told in every heartbeat and by `/v1/status`. Major numbers below 4 would make a conductor think of old agents. */
export const agentVersion = '12.0.0';
