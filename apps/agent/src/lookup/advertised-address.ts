import { createSocket } from 'node:dgram';
import { lookup as resolve } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The address that this machine reaches the API from: the kernel picks it by its routes when a UDP socket is
 * connected. Nothing is sent.
 */
export const sourceAddressTowards = async (apiUrl: string): Promise<string> => {
  const url = new URL(apiUrl);
  const { address, family } = await resolve(url.hostname.replace(/^\[|\]$/g, ''));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((done, reject) => {
      socket.once('error', reject);
      socket.connect(Number(url.port) || (url.protocol === 'https:' ? 443 : 80), address, done);
    });
    return socket.address().address;
  } finally {
    socket.close();
  }
};

/** The same, tried again while there is no route yet. */
export const findSourceAddress = async (apiUrl: string, attempts: number, pauseS: number): Promise<string> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sourceAddressTowards(apiUrl);
    } catch (error) {
      if (attempt >= attempts) throw error;
      await sleep(pauseS * 1000);
    }
  }
};

export const callbackUrl = (protocol: 'http' | 'https', host: string, port: number): string =>
  `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
