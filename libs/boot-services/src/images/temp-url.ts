import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Temporary URLs as OpenStack Swift's middleware `tempurl` has them: whoever has one may do one thing with one object
 * for some time. Signed is `METHOD\nEXPIRES\nPATH`, by HMAC, in hexadecimal digits; the path as it is before it is
 * percent-encoded, `/v1/account/container/object`.
 */
export interface TempUrl {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** SHA-1 is what older clusters know, and newer ones refuse unless they are told otherwise. */
export type TempUrlDigest = 'sha1' | 'sha256' | 'sha512';

const signature = ({ method, path, expires }: TempUrl, key: string, digest: TempUrlDigest): Buffer =>
  createHmac(digest, key).update(`${method}\n${expires}\n${path}`).digest();

/** Path and query, to be put behind the address of the cluster. */
export const tempUrl = (what: TempUrl, key: string, digest: TempUrlDigest = 'sha256'): string => {
  const path = what.path.split('/').map(encodeURIComponent).join('/');
  return `${path}?temp_url_sig=${signature(what, key, digest).toString('hex')}&temp_url_expires=${what.expires}`;
};

const byLength: Readonly<Record<number, TempUrlDigest>> = { 40: 'sha1', 64: 'sha256', 128: 'sha512' };

/** Whether the path and query let somebody do this now; what is good for GET or PUT is good for HEAD, too. */
export const isTempUrlGood = (
  method: TempUrl['method'],
  pathAndQuery: string,
  keys: readonly string[],
  nowMs: number,
): boolean => {
  const url = URL.parse(pathAndQuery, 'http://cluster');
  const sig = url?.searchParams.get('temp_url_sig') ?? '';
  const digest = /^[0-9a-f]+$/i.test(sig) ? byLength[sig.length] : undefined;
  const until = url?.searchParams.get('temp_url_expires') ?? '';
  if (!url || !digest || !/^\d{1,12}$/.test(until) || Number(until) * 1000 <= nowMs) return false;
  const [path, given] = [decoded(url.pathname), Buffer.from(sig, 'hex')];
  if (path === undefined) return false;
  const methods: TempUrl['method'][] = method === 'HEAD' ? ['HEAD', 'GET', 'PUT'] : [method];
  return methods.some(each =>
    keys.some(key => timingSafeEqual(signature({ method: each, path, expires: Number(until) }, key, digest), given)),
  );
};

const decoded = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};
