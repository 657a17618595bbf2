import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether a server could listen on the port of this machine now. */
export const isFree = async (port: number): Promise<boolean> => {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
};
