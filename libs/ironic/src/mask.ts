import type { Bag } from '#domain';
import { isSealed, isSensitiveName } from '#domain';

export const MASK = '******';

/** What nobody gets to read: every entry whose name sounds like a secret, at any depth (Ironic API reference). */
export const masked = (bag: Bag, alsoSecret: readonly string[] = []): Bag =>
  Object.fromEntries(
    Object.entries(bag).map(([name, value]) => [
      name,
      isSensitiveName(name) || alsoSecret.includes(name) ? hide(value) : maskInside(value),
    ]),
  );

const hide = (value: unknown): unknown => (value === null || value === '' ? value : MASK);

const maskInside = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(maskInside);
  if (typeof value === 'object' && value !== null && !isSealed(value)) return masked(value as Bag);
  return value;
};

/** The same value with everything that is sealed masked, whatever it is called. */
export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return MASK;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item)]));
};

/** Whether sealed values are left that are no secrets by their name: to be opened for an answer. */
export const holdsSealed = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return isSealed(value) || Object.values(value).some(holdsSealed);
};
