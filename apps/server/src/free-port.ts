import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds out before anything else whether the port can be had: a server that cannot be asked must not begin to work.
 *
 * @throws what listening failed with
 */
export const requireFreePort = async ({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<void> => {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
};
