import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import { exitCodes, Failure } from '../failure.js';
import { Refusal, unreachable } from './client.js';
import type { Client } from './client.js';
import { blocksOf } from './sse.js';

export interface FollowOptions {
  /** `start`, `now` or the position of an event, which is not given again. */
  readonly from: string;
  readonly nodes?: readonly string[];
  readonly types?: readonly string[];
  readonly signal: AbortSignal;
  /** The connection broke off and is tried again after a while. */
  readonly onBreak?: (reason: Failure, pauseMs: number) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * All events from a place on, for ever, each once: after a break it goes on behind the last one it gave.
 *
 * @throws Failure when the server cannot be reached at first, or refuses
 */
export async function* followEvents(client: Client, options: FollowOptions): AsyncGenerator<EventJson> {
  const { signal } = options;
  let place: string | undefined;
  let wasConnected = false;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await client.stream(pathOf(options), place ? { 'last-event-id': place } : {}, signal);
      wasConnected = true;
      for await (const { id, data } of blocksOf(response.body!)) {
        failures = 0;
        if (id) place = id;
        if (data !== undefined) yield JSON.parse(data) as EventJson;
      }
      throw new Failure(`${client.server} ended the connection.`, exitCodes.unreachable);
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Failure ? error : unreachable(client.server, error);
      if (!wasConnected || !mayPass(reason)) throw reason;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS);
      options.onBreak?.(reason, pauseMs);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A server that restarts, or a proxy in front of one; a refusal by Ferrolog stays a refusal. */
const mayPass = (reason: Failure): boolean =>
  reason.exitCode === exitCodes.unreachable || (reason instanceof Refusal && reason.status >= 500);

const pathOf = ({ from, nodes, types }: FollowOptions): string => {
  const query = new URLSearchParams({ from });
  if (nodes?.length) query.set('node', nodes.join(','));
  if (types?.length) query.set('type', types.join(','));
  return `/ferrolog/v1/events?${query}`;
};
