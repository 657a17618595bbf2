import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to connections: a port must still be free when its broker comes back. */
const [LOWEST, HIGHEST] = [20_000, 30_000];

/** The first of consecutive free ports: the given one, or any. */
export const portsFrom = async (given: number | undefined, count: number): Promise<number> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const first = given ?? LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
    if (given !== undefined) throw new Error(`Of the ports ${ports.join(', ')} some are taken.`);
  }
  throw new Error(`No ${count} consecutive ports are free between ${LOWEST} and ${HIGHEST}.`);
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};
