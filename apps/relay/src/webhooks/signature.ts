import { createHmac } from 'node:crypto';

// Standard Webhooks 1.0, "Verifying webhook authenticity": symmetric signatures, version v1.

const PREFIX = 'whsec_';

/** Of one attempt: the id is that of the event, the time that of the attempt, in seconds. */
export const signedHeaders = (secret: string, id: string, nowMs: number, body: string): Record<string, string> => {
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
};
