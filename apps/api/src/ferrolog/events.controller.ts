import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import type { EventFilter } from '#domain';
import { isUuid, nodeStream } from '#domain';
import { badRequest } from '../http/ironic-error.js';
import { Query } from '../http/queries.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { eventJson } from './event-json.js';
import { beginningAt, positionToken } from './position-token.js';

const KEEP_ALIVE_MS = 15_000;
const MAX_MINOR = 1_000;

/** `/ferrolog/v1/events`: every event from any position on, for ever, as server-sent events (WHATWG HTML section 9.2). */
@Controller('ferrolog/v1/events')
export class EventsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Get()
  async follow(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = new Query(request, MAX_MINOR);
    const from = (request.headers['last-event-id'] as string | undefined) ?? query.text('from') ?? 'now';
    query.text('from');
    const filter = filterOf(query);
    const untilHead = query.boolean('until_head') ?? false;
    query.refuseOthers();
    const { store } = this.ports;
    const after = await beginningAt(store, from);

    reply.hijack();
    const { raw } = reply;
    const end = new AbortController();
    raw.on('close', () => end.abort());
    this.ports.closing.addEventListener('abort', () => end.abort(), { once: true, signal: end.signal });
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    // An id without data is a place to come back to, before there was any event (WHATWG HTML section 9.2.6).
    raw.write(`retry: 1000\nid: ${positionToken(store.identity, after)}\n\n`);
    const alive = setInterval(() => raw.write(': alive\n\n'), KEEP_ALIVE_MS).unref();
    let isComplete = !untilHead;
    try {
      for await (const page of store.subscribeToAll(after, { filter, signal: end.signal, batchSize: 200 })) {
        let text = '';
        for (const event of page.events)
          text += `id: ${positionToken(store.identity, event.position)}\nevent: ${event.type}\ndata: ${JSON.stringify(eventJson(event, store))}\n\n`;
        // A reader that does not keep up is waited for, here and nowhere else.
        if (text && !raw.write(text)) await once(raw, 'drain', { signal: end.signal });
        if (untilHead && page.atHead) {
          isComplete = true;
          break;
        }
      }
    } catch (error) {
      if (!end.signal.aborted) throw error;
    } finally {
      clearInterval(alive);
      // Whoever asked for everything up to now must not take a part for it.
      if (isComplete) raw.end();
      else raw.destroy();
    }
  }
}

const filterOf = (query: Query): EventFilter => {
  const nodes = query.list('node');
  const types = query.text('type')?.split(',').filter(Boolean);
  const streams = query.text('stream')?.split(',').filter(Boolean);
  for (const uuid of nodes ?? []) if (!isUuid(uuid)) throw badRequest(`Expected a UUID for node but received ${uuid}.`);
  return {
    ...((nodes ?? streams) && { streams: [...(nodes ?? []).map(nodeStream), ...(streams ?? [])] }),
    ...(types && { types }),
  };
};
