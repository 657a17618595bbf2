import { request } from 'node:http';
import { Agent } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** A plain client with connections kept open: as little work per request as Node allows. */
export class Client {
  readonly #agent: Agent;
  readonly #target: URL;

  constructor(
    url: string,
    readonly version: string,
    connections: number,
  ) {
    this.#target = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: this.#target.hostname,
          port: this.#target.port,
          path,
          method,
          agent: this.#agent,
          headers: {
            'x-openstack-ironic-api-version': this.version,
            ...(payload !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(payload),
            }),
          },
        },
        answer => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const ms = performance.now() - began;
            resolve({ status: answer.statusCode!, body: Buffer.concat(chunks).toString(), ms });
          });
          answer.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Runs so many at a time until all are done. */
export const pump = async (count: number, atOnce: number, one: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const lane = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
};
