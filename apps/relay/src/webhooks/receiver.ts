import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** For tests: somebody who is delivered to, on a loopback address. */
export interface Receiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What is in the body. */
  readonly event: { readonly id: string; readonly type: string; readonly data: { readonly revision: number } };
}

/** Answers with the status that is said, or as the callback does. */
export const aReceiver = async (
  answer: (request: ReceivedRequest, response: ServerResponse) => number | void = () => 204,
): Promise<Receiver> => {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const event = JSON.parse(body) as ReceivedRequest['event'];
      const request = { method: incoming.method!, headers: incoming.headers, body, event };
      requests.push(request);
      const status = answer(request, response);
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
};
