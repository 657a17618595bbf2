import { request as plainRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Trust } from '../lookup/http.js';
import type { ImageInfo } from './image-info.js';

/** Hosts of a `no_proxy` list: exact names, domains with or without a leading dot, `*`. */
const isExempt = (host: string, noProxy: string | undefined): boolean =>
  (noProxy ?? '').split(',').some(entry => {
    const name = entry
      .trim()
      .replace(/^\*?\./, '')
      .replace(/:\d+$/, '');
    return entry.trim() === '*' || (name !== '' && (host === name || host.endsWith(`.${name}`)));
  });

export const proxyFor = (url: URL, image: Pick<ImageInfo, 'proxies' | 'noProxy'>): string | undefined =>
  isExempt(url.hostname, image.noProxy) ? undefined : image.proxies[url.protocol.replace(':', '')];

/** A TLS connection to the server through the proxy's CONNECT (RFC 9110, 9.3.6). */
export const tunnel = (proxy: string, target: URL, trust: Trust, timeoutMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { hostname, port, username, password } = new URL(proxy);
    const authority = `${target.hostname}:${target.port || 443}`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const request = plainRequest({
      host: hostname,
      port: port || 80,
      method: 'CONNECT',
      path: authority,
      timeout: timeoutMs,
      headers: {
        Host: authority,
        ...(username && { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
      },
    });
    request.on('connect', (answer, socket) => {
      if (answer.statusCode !== 200) return reject(new Error(`the proxy ${proxy} answered ${answer.statusCode}`));
      const tls = connectTls({
        socket,
        servername: target.hostname,
        ca: trust.ca && [...trust.ca],
        rejectUnauthorized: !trust.insecure,
      });
      tls.once('secureConnect', () => resolve(tls));
      tls.once('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer from the proxy ${proxy}`)));
    request.on('error', reject);
    request.end();
  });
