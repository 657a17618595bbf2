import { describe, expect, it } from '@jest/globals';
import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { decrypt, encrypt, NotAuthentic } from './cipher.js';

const key = Buffer.alloc(32, 7);
const bytes = fc.uint8Array({ maxLength: 200 });

describe('The cipher', () => {
  it('gives back what it was given, whatever it is', () =>
    fc.assert(
      fc.property(bytes, fc.string(), (plain, context) => {
        expect(decrypt(key, encrypt(key, plain, context), context).equals(plain)).toBe(true);
      }),
    ));

  it('is AES-256-GCM with nonce, ciphertext and tag in one', () => {
    const sealed = encrypt(key, Buffer.from('plain'), 'context');
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from('context'));
    decipher.setAuthTag(sealed.subarray(17));
    expect(decipher.update(sealed.subarray(12, 17)).toString() + decipher.final().toString()).toBe('plain');
    expect(sealed.length).toBe(12 + 5 + 16);
  });

  it('seals the same twice in different words', () => {
    const sealed = Array.from({ length: 100 }, () => encrypt(key, Buffer.from('same'), 'context').toString('hex'));
    expect(new Set(sealed).size).toBe(100);
  });

  it('opens nothing of which a single bit was changed', () => {
    const sealed = encrypt(key, Buffer.from('plain'), 'context');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decrypt(key, changed, 'context')).toThrow(NotAuthentic);
    }
  });

  it('opens nothing that was cut, moved to another context, or sealed under another key', () => {
    const sealed = encrypt(key, Buffer.from('plain'), 'context');
    for (let length = 0; length < sealed.length; length++)
      expect(() => decrypt(key, sealed.subarray(0, length), 'context')).toThrow(NotAuthentic);
    expect(() => decrypt(key, sealed, 'other')).toThrow(NotAuthentic);
    expect(() => decrypt(Buffer.alloc(32, 8), sealed, 'context')).toThrow(NotAuthentic);
  });
});
