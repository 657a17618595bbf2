import { describe, expect, it } from '@jest/globals';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signedHeaders } from './signature.js';

const page = readFileSync(join(import.meta.dirname, '../../../../../docs/how-to/receive-webhooks.md'), 'utf8');

describe('docs/how-to/receive-webhooks.md', () => {
  const [, sample] = /```js\n(import [^\n]*\n)?([\s\S]*?)```/.exec(page)!.slice(1);
  const verify = new Function('secret', 'headers', 'body', 'Buffer', 'createHmac', 'timingSafeEqual', `${sample}; return authentic;`); // prettier-ignore
  const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  const isAuthentic = (headers: object, body: string) =>
    (verify as (...args: unknown[]) => boolean)(secret, headers, body, Buffer, createHmac, timingSafeEqual);

  it('tells how to verify a delivery', () => {
    const headers = signedHeaders(secret, 'an id', 1_700_000_000_000, '{"é":1}');
    expect(isAuthentic(headers, '{"é":1}')).toBe(true);
    expect(isAuthentic(headers, '{"é":2}')).toBe(false);
    expect(isAuthentic({ ...headers, 'webhook-timestamp': '1700000001' }, '{"é":1}')).toBe(false);
    expect(isAuthentic({ ...headers, 'webhook-signature': 'v1,short' }, '{"é":1}')).toBe(false);
  });
});
