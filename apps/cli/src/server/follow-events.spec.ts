import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from './client.js';
import { followEvents } from './follow-events.js';

const block = (place: string, data?: object) => `id: ${place}\n${data ? `data: ${JSON.stringify(data)}\n` : ''}\n`;

const drained = async (events: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of events);
};

describe('followEvents', () => {
  let server: Server | undefined;
  const asked: (string | undefined)[] = [];

  /** One answer for each connection, the last one for all that follow. */
  const play = async (...answers: ((response: ServerResponse) => void)[]) => {
    asked.length = 0;
    server = createServer((request: IncomingMessage, response) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push(request.headers['last-event-id'] as string | undefined);
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return createClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, fetch);
  };

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('goes on behind the last event after a break, and ends when it is told to', async () => {
    const client = await play(
      response => void response.end(block('p0') + block('p1', { id: 1 })),
      response => void response.writeHead(502).end('bad gateway'),
      response => void response.write(block('p1') + block('p2', { id: 2 })),
    );
    const end = new AbortController();
    const pausesMs: number[] = [];
    const got: unknown[] = [];
    for await (const event of followEvents(client, {
      from: 'now',
      signal: end.signal,
      onBreak: (_, pauseMs) => pausesMs.push(pauseMs),
    })) {
      got.push(event);
      if (got.length === 2) end.abort();
    }
    expect(got).toEqual([{ id: 1 }, { id: 2 }]);
    expect(asked).toEqual([undefined, 'p1', 'p1']);
    expect(pausesMs).toEqual([500, 1000]);
  });

  it('comes back to its place even where it had no event yet', async () => {
    const client = await play(
      response => void response.end(block('p0')),
      response => void response.write(block('p0') + block('p1', { id: 1 })),
    );
    const end = new AbortController();
    for await (const _ of followEvents(client, { from: 'now', signal: end.signal })) end.abort();
    expect(asked).toEqual([undefined, 'p0']);
  });

  it('does not insist where it is refused', async () => {
    const gone = JSON.stringify({ detail: 'The position is of another event store.' });
    const client = await play(
      response => void response.end(block('p0')),
      response => void response.writeHead(410, { 'content-type': 'application/problem+json' }).end(gone),
    );
    const all = drained(followEvents(client, { from: 'now', signal: new AbortController().signal }));
    await expect(all).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('another event store') });
  });

  it('says at once that there is no server', async () => {
    const client = createClient({ server: 'http://127.0.0.1:9' }, () =>
      Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })),
    );
    const all = drained(followEvents(client, { from: 'now', signal: new AbortController().signal }));
    await expect(all).rejects.toMatchObject({ exitCode: 3 });
  });
});
