import { createBmcSimulator, type BmcSimulator, type BmcSimulatorOptions } from './bmc-simulator.js';
import { connect } from '../client/connect.js';
import type { Bmc } from '../client/bmc.js';
import type { ConnectOptions } from '../client/connect-options.js';

/** What the specifications of the client have in common: simulated BMCs, connections, and ways to wait. */
export const PASSWORD = 'correct horse';

const toClose: { close(): Promise<void> }[] = [];

/** For `afterEach`. */
export const closeAll = async (): Promise<void> => {
  for (const thing of toClose.splice(0).reverse()) await thing.close();
};

/** A BMC with the user "admin"; closed by {@link closeAll}. */
export const aBmc = async (options: Partial<BmcSimulatorOptions> = {}): Promise<BmcSimulator> => {
  const simulator = await createBmcSimulator({ users: { admin: PASSWORD }, ...options });
  toClose.push(simulator);
  return simulator;
};

/** A connection as "admin"; closed by {@link closeAll}. */
export const connected = async (
  { host, port }: { readonly host: string; readonly port: number },
  options: Partial<ConnectOptions> = {},
): Promise<Bmc> => {
  const bmc = await connect({ host, port, username: 'admin', password: PASSWORD, ...options });
  toClose.push(bmc);
  return bmc;
};

/** The reason for which a promise is rejected. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('It was expected to fail');
    },
    (error: unknown) => error,
  );

/** Waits for something to become true. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};
