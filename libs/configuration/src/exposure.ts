import { isIP } from 'node:net';

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
