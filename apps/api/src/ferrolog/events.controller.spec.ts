import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '#domain';
import { anEvent } from '#testing';
import type { ApiPorts } from '../ports.js';
import { EventsController } from './events.controller.js';

describe('/ferrolog/v1/events', () => {
  let server: Server;
  let pages: () => AsyncIterable<Page>;
  beforeEach(async () => {
    const store = {
      identity: { storeId: '0a0b0c0d', generation: 1 },
      head: async () => 2,
      subscribeToAll: () => pages(),
    };
    const controller = new EventsController({ store, closing: new AbortController().signal } as unknown as ApiPorts);
    server = createServer((incoming, raw) => {
      const query = Object.fromEntries(new URL(incoming.url!, 'http://x').searchParams);
      const request = { query, headers: incoming.headers } as unknown as FastifyRequest;
      controller.follow(request, { raw, hijack: () => undefined } as unknown as FastifyReply).catch(() => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const page = (position: number, atHead: boolean): Page => ({
    events: [
      { ...anEvent(`e${position}`), stream: 's', revision: position, position, recorded: '2026-01-01T00:00:00.000Z' },
    ],
    position,
    atHead,
  });
  const read = async (query: string) => {
    const { port } = server.address() as AddressInfo;
    return (await fetch(`http://127.0.0.1:${port}/?from=start${query}`)).text();
  };
  async function* whole() {
    yield page(1, false);
    yield page(2, true);
  }
  async function* broken(): AsyncGenerator<Page> {
    throw new Error('the store is gone');
  }
  async function* partly() {
    yield page(1, false);
    yield* broken();
  }

  it('ends at the head for who asked for everything up to it', async () => {
    pages = whole;
    expect((await read('&until_head=true')).match(/^data: /gm)).toHaveLength(2);
  });

  it('breaks off before the head, so that a part is not taken for the whole', async () => {
    pages = partly;
    await expect(read('&until_head=true')).rejects.toMatchObject({ name: 'TypeError' });
  });

  it('ends for a follower, who goes on elsewhere', async () => {
    pages = partly;
    expect((await read('')).match(/^data: /gm)).toHaveLength(1);
  });
});
