import type { Upcasters } from '#domain';
import { upcasters } from '#domain';

/** As if the types had come to new versions, for as long as it runs. */
export const withUpcasters = async <T>(chains: Upcasters, run: () => Promise<T>): Promise<T> => {
  const registered = upcasters as Record<string, Upcasters[string]>;
  const before = { ...registered };
  Object.assign(registered, chains);
  try {
    return await run();
  } finally {
    for (const type of Object.keys(chains)) delete registered[type];
    Object.assign(registered, before);
  }
};
