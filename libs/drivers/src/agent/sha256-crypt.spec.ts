import { describe, expect, it } from '@jest/globals';
import { aSalt, sha256Crypt } from './sha256-crypt.js';

describe('A password as the rescue system takes it', () => {
  // As crypt(3) of the GNU C library gives them.
  it.each([
    ['correct horse', 'saltstring', '$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC'],
    ['x'.repeat(70), 'abcdefghijklmnop', '$5$abcdefghijklmnop$9Hb3FAWHMjTRmtGxp5A6xgyNw0NwnVFXs5ShXabRso2'],
  ])('is hashed as crypt(3) does: %s', (password, salt, hash) => expect(sha256Crypt(password, salt)).toBe(hash));

  it('gets a salt of its own each time', () => {
    expect(aSalt()).toMatch(/^[./0-9A-Za-z]{16}$/);
    expect(sha256Crypt('x')).not.toBe(sha256Crypt('x'));
  });
});
