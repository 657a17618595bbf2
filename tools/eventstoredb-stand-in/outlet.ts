import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadAnswer, ReadRequest } from './protocol.js';

export type ReadCall = ServerWritableStream<ReadRequest, ReadAnswer>;

/** Writes as fast as the client reads, and knows when it has gone. */
export class Outlet {
  readonly #call: ReadCall;
  readonly #onWake = new Set<() => void>();
  #isOpen = true;

  constructor(call: ReadCall) {
    this.#call = call;
    const close = (): void => {
      this.#isOpen = false;
      this.wake();
    };
    call.on('cancelled', close);
    call.on('error', close);
    call.on('close', close);
    call.on('drain', () => this.wake());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async write(answer: ReadAnswer): Promise<void> {
    if (!this.#isOpen || this.#call.write(answer)) return;
    while (this.#isOpen && this.#call.writableNeedDrain) await this.sleep();
  }

  /** Until the next `wake`. */
  sleep(): Promise<void> {
    return new Promise(resolve => this.#onWake.add(resolve));
  }

  wake(): void {
    const sleepers = [...this.#onWake];
    this.#onWake.clear();
    for (const resolve of sleepers) resolve();
  }
}
