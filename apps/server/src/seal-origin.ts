import type { Cause } from '#command-handler';
import type { Sealer } from '#secrets';

const REMEMBERED = 10_000;
/** Longer ones would be sealed as blobs, which metadata cannot refer to. */
const LONGEST_USER_AGENT = 500;

/**
 * Where a request came from, sealed under a key of the actor's own: deleting that key forgets the person, not the
 * deed. The same origin of the same actor is sealed once.
 */
export const originSealer = (sealer: Sealer): ((cause: Cause) => Promise<string | undefined>) => {
  const sealed = new Map<string, Promise<string>>();
  return async ({ principal: { kind, id, address, userAgent } }) => {
    if (!address && !userAgent) return undefined;
    const key = JSON.stringify([kind, id, address, userAgent]);
    const known = sealed.get(key);
    if (known) return known;
    const origin = { address, userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) };
    const fresh = sealer.seal(`actor/${kind}/${id}`, origin).then(({ $sealed }) => $sealed);
    if (sealed.size >= REMEMBERED) sealed.clear();
    sealed.set(key, fresh);
    fresh.catch(() => sealed.delete(key));
    return fresh;
  };
};
