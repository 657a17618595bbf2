import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An event as a webhook brings it: CloudEvents 1.0, structured mode. */
export interface Delivered {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Receiver {
  readonly url: string;
  /** In the order in which they came first: whoever delivers may die before it knows that it did. */
  readonly delivered: ReadonlyMap<string, Delivered>;
  end(): Promise<void>;
}

/** Takes whatever a webhook brings. */
export const receive = async (): Promise<Receiver> => {
  const delivered = new Map<string, Delivered>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const event = JSON.parse(body) as Delivered;
      if (!delivered.has(event.id)) delivered.set(event.id, event);
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    delivered,
    async end() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
