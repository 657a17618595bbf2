import type { FillSource } from '../filling/fill.js';
import { fill } from '../filling/fill.js';
import { createEmpty } from './data-source.js';

/** Builds a read model from nothing into a file of its own. */
export const rebuildInto = async (path: string, source: FillSource): Promise<ReturnType<typeof fill>> => {
  await createEmpty(path);
  return fill(path, source);
};
