import { createBmcSimulator, type BmcSimulator, type BmcSimulatorOptions } from './bmc-simulator.js';
import { connect } from '../client/connect.js';
import type { Bmc } from '../client/bmc.js';
import type { ConnectOptions } from '../client/connect-options.js';
import type { Exchange, Patience, UdpLink } from '../client/udp-link.js';
import { BmcUnreachable, MalformedPacket } from '../errors.js';

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

/** A link without a network: what `answer` gives for a datagram is received in that order, at once. */
export const scriptedLink = (
  answer: (datagram: Buffer) => readonly Buffer[],
): UdpLink & { readonly sent: Buffer[] } => {
  const sent: Buffer[] = [];
  return {
    name: 'scripted',
    sent,
    send: datagram => void sent.push(datagram),
    close: async () => {},
    async exchange<Answer>({ what, datagram, accept }: Exchange<Answer>, { retries }: Patience) {
      for (let transmission = 0; transmission <= retries; transmission++) {
        const question = datagram(transmission);
        sent.push(question);
        for (const received of answer(question)) {
          const accepted = unlessMalformed(() => accept(received));
          if (accepted !== undefined) return accepted;
        }
      }
      throw new BmcUnreachable(`No answer to ${what}`);
    },
  };
};

const unlessMalformed = <Answer>(work: () => Answer | undefined): Answer | undefined => {
  try {
    return work();
  } catch (error) {
    if (error instanceof MalformedPacket) return undefined;
    throw error;
  }
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
