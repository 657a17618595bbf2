import type { FastifyRequest } from 'fastify';
import { createHash, randomUUID } from 'node:crypto';
import type { Cause } from '#command-handler';
import { keyedCommandId, rootCause } from '#command-handler';
import { badRequest } from './ironic-error.js';

/** Why a request's command is there. A client that names its request by `Idempotency-Key` gets the same command twice. */
export const causeOf = (request: FastifyRequest): Cause => {
  const { principal } = request.context;
  const key = request.headers['idempotency-key'];
  const traceparent = request.headers.traceparent;
  const rest =
    typeof traceparent === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
      ? { traceparent }
      : {};
  if (key === undefined) return rootCause(randomUUID(), principal, rest);
  if (typeof key !== 'string' || key.length === 0 || key.length > 255)
    throw badRequest('Idempotency-Key must have 1 to 255 characters.');
  const commandId = keyedCommandId(`${principal.kind}/${principal.id}`, key);
  return rootCause(commandId, principal, { ...rest, idempotency: { key: commandId, digest: digestOf(request) } });
};

/** Method, address and body: what makes two requests the same. */
const digestOf = ({ method, url, body }: FastifyRequest): string =>
  createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body) ?? ''}`)
    .digest('base64url');
