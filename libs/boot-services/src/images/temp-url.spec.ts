import { describe, expect, it } from '@jest/globals';
import { isTempUrlGood, tempUrl } from './temp-url.js';

describe('A temporary URL', () => {
  const what = { method: 'GET', path: '/v1/AUTH_account/container/an object', expires: 1_323_479_485 } as const;
  const before = (what.expires - 1) * 1000;

  // Signatures by Python's hmac.
  it.each([
    ['sha1', 'd6140d3f5a60c031eaf5db405e207f3a6a1b0beb'],
    ['sha256', '2ff700883cc4e9862dd3212569b38f020f000fa3309a7f6f1d25813a8514702e'],
  ] as const)('is signed with %s', (digest, signature) => {
    const url = tempUrl(what, 'mykey', digest);
    expect(url).toBe(
      `/v1/AUTH_account/container/an%20object?temp_url_sig=${signature}&temp_url_expires=${what.expires}`,
    );
    expect(isTempUrlGood('GET', url, ['another', 'mykey'], before)).toBe(true);
    expect(isTempUrlGood('HEAD', url, ['mykey'], before)).toBe(true);
  });

  const url = tempUrl(what, 'mykey');
  it.each([
    ['another method', 'PUT', url, before],
    ['another object', 'GET', url.replace('object', 'abject'), before],
    ['a later end', 'GET', url.replace(/expires=\d+/, 'expires=1999999999'), before],
    ['another signature', 'GET', url.replace(/sig=../, 'sig=00'), before],
    ['half a signature', 'GET', url.replace(/sig=.{32}/, 'sig='), before],
    ['no signature', 'GET', what.path, before],
    ['a path that is none', 'GET', url.replace('%20', '%zz'), before],
    ['the time when it is over', 'GET', url, what.expires * 1000],
  ] as const)('is not good for %s', (_, method, path, now) => {
    expect(isTempUrlGood(method, path, ['mykey'], now)).toBe(false);
  });
});
