import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

/**
 * The port that clients see. It passes bytes on to the gRPC server behind it, or HTTP/1.1 requests to the other server;
 * what a network or a stopped process does to connections is done here.
 */
export class Door {
  readonly #inner: number;
  readonly #http: HttpServer;
  readonly #server = createServer({ allowHalfOpen: false }, client => this.#welcome(client));
  readonly #pairs = new Map<Socket, Socket | undefined>();
  #mode: 'open' | 'hung' | 'closed' = 'open';
  #host = '';
  #port = 0;

  constructor(inner: number, http: HttpServer) {
    this.#inner = inner;
    this.#http = http;
  }

  async open(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as { port: number }).port;
    this.#host = host;
    return this.#port;
  }

  /** `hung`: nothing moves any more; `closed`: connections break, new ones are refused. */
  async set(mode: 'open' | 'hung' | 'closed'): Promise<void> {
    if (mode === this.#mode) return;
    const before = this.#mode;
    this.#mode = mode;
    if (before === 'closed') await this.open(this.#host, this.#port);
    if (mode === 'closed') await this.#close();
    else for (const [client, inner] of this.#pairs) this.#move(client, inner);
  }

  breakConnections(): void {
    for (const client of this.#pairs.keys()) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    if (this.#mode !== 'closed') await this.#close();
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.breakConnections();
    await closed;
  }

  #welcome(client: Socket): void {
    this.#pairs.set(client, undefined);
    client.on('error', () => {});
    client.on('close', () => {
      this.#pairs.get(client)?.destroy();
      this.#pairs.delete(client);
    });
    client.setNoDelay(true);
    client.once('data', first => {
      client.pause();
      client.unshift(first);
      if (!isHttp1(first)) return this.#passOn(client);
      this.#http.emit('connection', client);
      client.resume();
    });
    this.#move(client, undefined);
  }

  #move(client: Socket, inner: Socket | undefined): void {
    if (this.#mode === 'hung') {
      client.unpipe().pause();
      inner?.unpipe().pause();
    } else if (inner) {
      client.pipe(inner);
      inner.pipe(client);
    } else client.resume();
  }

  #passOn(client: Socket): void {
    const inner = connect(this.#inner, '127.0.0.1');
    inner.setNoDelay(true);
    inner.on('error', () => client.destroy());
    inner.on('close', () => client.destroy());
    this.#pairs.set(client, inner);
    this.#move(client, inner);
  }
}

/** Which of the servers a client wants shows in its first bytes: HTTP/2 begins with PRI, TLS with no letter. */
const isHttp1 = (first: Buffer | string): boolean =>
  /^(GET|HEAD|POST|PUT|DELETE) /.test(first.toString('latin1', 0, 8));
