import { BlockList, isIP } from 'node:net';

interface Exposure {
  readonly host?: unknown;
  readonly authStrategy?: unknown;
  readonly allowAnonymousRemote?: unknown;
}

/** Whoever reaches a server without authentication owns the machines behind it: that has to be asked for by name. */
export const exposureFault = ({ host, authStrategy, allowAnonymousRemote }: Exposure): string | undefined =>
  authStrategy === 'noauth' && allowAnonymousRemote === false && !isLoopback(String(host))
    ? `host ${host} can be reached from other machines and authStrategy noauth lets everybody in: ` +
      'use http_basic, listen on 127.0.0.1, or set allowAnonymousRemote'
    : undefined;

const isLoopback = (host: string): boolean => {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
};

/** What is no address and no network: a name would have to be looked up, by whoever answers for it. */
export const proxyFaults = (proxies: readonly string[]): string[] =>
  proxies
    .filter(proxy => !isNetwork(proxy))
    .map(proxy => `trustProxy: ${JSON.stringify(proxy)} is no address and no network such as 10.0.0.0/8`);

const isNetwork = (text: string): boolean => {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  // Of everybody nobody can be believed.
  if (!/^[1-9][0-9]*$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
};
