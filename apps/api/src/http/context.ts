import type { FastifyRequest } from 'fastify';
import type { Principal } from '#command-handler';
import type { Minor } from '#ironic';

/** What every handler may know about its request. Filled in before any of them runs. */
export interface RequestContext {
  /** Minor of the API version that is spoken. */
  readonly minor: Minor;
  /** `req-<uuid>`: names the request in answers and logs. */
  readonly requestId: string;
  readonly principal: Principal;
  /** What links begin with: `http://host:port`. */
  readonly base: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    context: RequestContext;
  }
}

export const contextOf = (request: FastifyRequest): RequestContext => request.context;
