import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch, PatchRefused, tokensOf } from './json-patch.js';

describe('a JSON patch', () => {
  it.each([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: { b: [1, 3] } }, [{ op: 'add', path: '/a/b/1', value: 2 }], { a: { b: [1, 2, 3] } }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ a: { x: 1 } }, [{ op: 'replace', path: '/a/x', value: null }], { a: { x: null } }],
    [{ 'a/b~': 1 }, [{ op: 'remove', path: '/a~1b~0' }], {}],
  ] as const)('makes of %j by %j %j', (before, operations, after) => {
    expect(applyPatch(before as never, operations as never)).toEqual(after);
  });

  it.each(['/x/y', '/a/9', '/a/-', '/a/01x', '/__proto__', '/constructor/x', '/a/prototype'])(
    'refuses to replace %s',
    path => {
      expect(() => applyPatch({ a: [1] }, [{ op: 'replace', path, value: 1 }])).toThrow(PatchRefused);
    },
  );

  it('leaves the document as it was, and Object alone, whatever comes', () => {
    const path = fc.array(
      fc.oneof(fc.constantFrom('a', 'b', '0', '-', '__proto__', 'constructor', 'prototype'), fc.string()),
      { minLength: 1, maxLength: 4 },
    );
    const operation = fc.record({
      op: fc.constantFrom('add' as const, 'replace' as const, 'remove' as const),
      path: path.map(tokens => `/${tokens.map(token => token.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()),
        fc.array(operation, { maxLength: 5 }),
        (document, operations) => {
          const before = JSON.stringify(document);
          try {
            applyPatch(document, operations);
          } catch (error) {
            expect(error).toBeInstanceOf(PatchRefused);
          }
          expect(JSON.stringify(document)).toBe(before);
          expect(({} as Record<string, unknown>).polluted).toBeUndefined();
          expect(Object.keys(Object.prototype)).toEqual([]);
        },
      ),
    );
  });

  it('reads pointers as RFC 6901 says', () => expect(tokensOf('/a~1b/m~0n')).toEqual(['a/b', 'm~n']));
});
