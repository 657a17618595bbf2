import type { Signal, Signals } from '#domain';
import type { Mailbox } from './mailbox.js';

type Listener = Parameters<Signals['listen']>[0];

export interface KafkaSignalsPorts {
  /** `signals`, open; with the own host as its address where nodes are worked on. */
  readonly mailbox: Mailbox;
  /** Own host, where nodes are worked on. */
  readonly host?: string;
  /** Host that owns the node at this moment. */
  ownerOf(nodeId: string): Promise<string | undefined>;
  readonly onError: (error: unknown) => void;
}

/** Signals to the owner of a node, whichever process it is. One without an owner is dropped: its next one will look. */
export class KafkaSignals implements Signals {
  readonly #listeners = new Set<Listener>();
  readonly #stop: () => void;

  constructor(private readonly ports: KafkaSignalsPorts) {
    this.#stop = ports.mailbox.listen(({ key, type }) => {
      if (type === 'heartbeat' || type === 'timer') this.#deliver(key, type);
    });
  }

  send(nodeId: string, signal: Signal): void {
    this.#send(nodeId, signal).catch(this.ports.onError);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop();
  }

  async #send(nodeId: string, signal: Signal): Promise<void> {
    const owner = await this.ports.ownerOf(nodeId);
    if (owner === undefined) return;
    if (owner === this.ports.host) this.#deliver(nodeId, signal);
    else this.ports.mailbox.post(owner, { key: nodeId, type: signal, body: {} });
  }

  #deliver(nodeId: string, signal: Signal): void {
    for (const listener of this.#listeners) listener(nodeId, signal);
  }
}
