import type { Bmc, ConnectOptions } from '#ipmi-js';
import type { Effect } from '../hardware-type.js';
import type { BmcPool } from './bmc-pool.js';
import { connectOptionsOf } from './driver-info.js';
import { hardwareFault } from './ipmi-faults.js';

/** How long an answer is waited for; by default what ipmi-js does: 5 s for a question that may be asked again. */
export type Patience = Pick<ConnectOptions, 'timeoutMs' | 'retries'>;

/** The BMC of the node that an effect is about. */
export class BmcAccess {
  constructor(
    private readonly pool: BmcPool,
    private readonly patience: Patience = {},
  ) {}

  /**
   * Runs commands that belong together. When the effect is told to end it ends at once; the command that was under way
   * still keeps the BMC until it has its answer.
   *
   * @throws HardwareUnreachable @throws HardwareRefused @throws the reason of the effect's signal
   */
  async run<T>({ driverInfo, signal }: Effect, work: (bmc: Bmc) => Promise<T>): Promise<T> {
    const options = this.#optionsOf(driverInfo);
    try {
      return await unlessAborted(signal, () =>
        this.pool.use(options, bmc => {
          // It may have waited for its turn for longer than anybody wants it.
          signal.throwIfAborted();
          return work(bmc);
        }),
      );
    } catch (error) {
      throw hardwareFault(error, options);
    }
  }

  /** The BMC was told to restart: it does not know the session any more. */
  forget({ driverInfo }: Effect): Promise<void> {
    return this.pool.drop(this.#optionsOf(driverInfo));
  }

  #optionsOf(driverInfo: Effect['driverInfo']): ConnectOptions {
    return { ...connectOptionsOf(driverInfo), ...this.patience };
  }
}

const unlessAborted = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
