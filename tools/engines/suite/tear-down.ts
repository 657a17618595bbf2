import { once } from 'node:events';
import './set-up.js';

/** After the suite: waits until its engines are gone. */
export default async (): Promise<void> => {
  const keeper = globalThis.keeperOfEngines!;
  const ended = once(keeper, 'exit');
  keeper.stdin!.end();
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`The engines of the suite could not be ended (exit code ${code}).`);
};
