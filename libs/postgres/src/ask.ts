import { isRefusal } from './errors/errors.js';
import type { Pool } from './pool.js';

export interface Query {
  readonly text: string;
  readonly name?: string;
  readonly values?: unknown[];
}

const ATTEMPTS = 3;
const WAIT_MS = 50;

/**
 * Rows of the answer to what may be asked again without harm: connections that broke while they were idle are found out
 * by asking. Not again once `isOver`.
 *
 * @throws Error of the last attempt
 */
export const ask = async <T>(pool: Pool, query: Query, isOver: () => boolean): Promise<T[]> => {
  for (let attempt = 1; ; attempt++)
    try {
      return (await pool.query(query)).rows as T[];
    } catch (error) {
      if (isRefusal(error) || attempt === ATTEMPTS || isOver()) throw error;
      await new Promise(resolve => setTimeout(resolve, attempt * WAIT_MS));
    }
};
