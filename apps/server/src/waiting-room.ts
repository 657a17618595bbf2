import { once } from 'node:events';
import { createServer } from 'node:http';
import { ironicEnvelope, problemJson } from '#apps/api';

/**
 * Answers while the engines cannot be reached yet, so that whoever asks is told so and not refused at the door:
 * the process lives, it is not ready, and requests may be repeated. Answers how to make room for the real server.
 */
export const openWaitingRoom = async (
  { host, port }: { readonly host: string; readonly port: number },
  reason: () => string,
): Promise<() => Promise<void>> => {
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    const [status, body]: [number, string] =
      path === '/healthz'
        ? [200, JSON.stringify({ status: 'ok' })]
        : path === '/readyz'
          ? [503, JSON.stringify({ status: 'not ready', impediments: [reason()] })]
          : path.startsWith('/ferrolog')
            ? [503, problemJson(503, { title: 'The engines are not there yet', detail: reason() })]
            : [503, ironicEnvelope(503, reason())];
    // python-ironicclient stops on a Retry-After of the /v1 API.
    const again = status === 503 && !path.startsWith('/v1') ? { 'retry-after': '1' } : {};
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...again });
    response.end(body);
    request.resume();
  });
  server.listen(port, host);
  await once(server, 'listening');
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
};
