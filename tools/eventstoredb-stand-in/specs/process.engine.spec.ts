import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';

const main = join(import.meta.dirname, '../main.js');

interface Running {
  readonly connectionString: string;
  readonly controlUrl: string;
  readonly url: string;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

describe('The stand-in as a process', () => {
  let folder: TemporaryFolder;
  let running: Running | undefined;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(async () => {
    await running?.end('SIGKILL');
    folder.remove();
  });

  const start = async (...options: string[]): Promise<Running> => {
    const args = [main, '--port', '0', '--control-port', '0', '--data', folder.file('data'), ...options];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [, connectionString, controlUrl] = /^ready at (\S+), control at (\S+)$/.exec(line)!;
    const url = connectionString!.replace(/^esdb:\/\/(.*@)?/, 'http://').replace(/\?.*/, '');
    running = {
      connectionString: connectionString!,
      controlUrl: controlUrl!,
      url,
      async end(signal) {
        running = undefined;
        child.kill(signal);
        await ended;
      },
    };
    return running;
  };

  it('loses nothing that it acknowledged when it is killed, and stores no append twice', async () => {
    const acknowledged: { stream: string; revision: bigint }[] = [];
    for (const round of [1, 2, 3]) {
      const server = await start();
      const client = EventStoreDBClient.connectionString(server.connectionString);
      const atOnce = Array.from({ length: 8 }, async (_, index) => {
        const stream = `s-${round}-${index}`;
        for (let revision = 0n; ; revision++) {
          const event = jsonEvent({ type: 'T', data: { index } });
          const expectedRevision = revision === 0n ? 'no_stream' : revision - 1n;
          await client.appendToStream(stream, event, { expectedRevision });
          if (acknowledged.push({ stream, revision }) === round * 100) void server.end('SIGKILL');
        }
      });
      await Promise.allSettled(atOnce);
      await client.dispose();
    }
    const server = await start();
    const client = EventStoreDBClient.connectionString(server.connectionString);
    const found = new Map<string, bigint[]>();
    for await (const { event } of client.readAll())
      found.set(event!.streamId, [...(found.get(event!.streamId) ?? []), event!.revision]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    for (const { stream, revision } of acknowledged) expect(found.get(stream)).toContain(revision);
    for (const revisions of found.values()) expect(revisions).toEqual(revisions.map((_, index) => BigInt(index)));
    await client.dispose();
  });

  it('tells that it lives, and takes faults over HTTP', async () => {
    const { url, controlUrl, connectionString, end } = await start();
    expect((await fetch(`${url}/health/live`)).status).toBe(204);
    expect(await (await fetch(`${url}/info`)).json()).toMatchObject({ state: 'leader' });
    const client = EventStoreDBClient.connectionString(connectionString);
    const append = () => client.appendToStream('s', jsonEvent({ type: 'T', data: {} }));
    const fault = { kind: 'read-only' };
    const injected = await fetch(`${controlUrl}/faults`, { method: 'POST', body: JSON.stringify(fault) });
    expect(await injected.json()).toEqual([fault]);
    await expect(append()).rejects.toMatchObject({ type: 'access-denied' });
    expect(await (await fetch(`${controlUrl}/faults`, { method: 'DELETE' })).json()).toEqual([]);
    expect(await append()).toMatchObject({ success: true });
    const refused = await fetch(`${controlUrl}/faults`, { method: 'POST', body: '{"kind":"no-such"}' });
    expect(refused.status).toBe(400);
    await client.dispose();
    await end('SIGTERM');
  });

  it('speaks TLS, and asks for credentials', async () => {
    const [certificate, key] = [folder.file('node.crt'), folder.file('node.key')];
    const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stand-in -addext subjectAltName=IP:127.0.0.1';
    execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const tls = ['--tls-certificate', certificate, '--tls-key', key];
    const { connectionString } = await start(...tls, '--credentials', 'admin:changeit');
    const outcome = async (text: string): Promise<unknown> => {
      const client = EventStoreDBClient.connectionString(text);
      const done = await client
        .appendToStream('s', jsonEvent({ type: 'T', data: {} }))
        .catch(({ type, code }: { type?: string; code?: number }) => ({ type, code }));
      await client.dispose();
      return done;
    };
    const trusting = `${connectionString}&tlsCAFile=${certificate}`;
    expect(await outcome(trusting)).toMatchObject({ success: true });
    expect(await outcome(trusting.replace('admin:changeit', 'admin:wrong'))).toEqual({
      type: 'access-denied',
      code: 16,
    });
    expect(await outcome(trusting.replace('admin:changeit@', ''))).toEqual({ type: 'access-denied' });
    expect(await outcome(connectionString)).toEqual({ code: 14 });
  });
});
