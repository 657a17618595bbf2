import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { BootServices, NetworkBoot } from '#domain';
import { Problem } from '#domain';
import type { Places } from '../files/download.js';
import { download, look } from '../files/download.js';
import type { FileCache } from '../files/file-cache.js';
import type { Held, Holdings } from '../files/holdings.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import { kernelWords } from './kernel-words.js';

export interface BootRecord {
  readonly boot: NetworkBoot;
  /** Which kernel and which ramdisk were behind their URLs. */
  readonly versions: readonly [string, string];
}

export type PreparedBoot = Held<BootRecord>;

/** What nodes boot, until it is withdrawn. */
export class PreparedBoots implements BootServices {
  readonly #turns = new OneAtATime();
  readonly #byAddress = new Map<string, PreparedBoot>();
  readonly #bySecret = new Map<string, PreparedBoot>();

  constructor(
    private readonly holdings: Holdings<BootRecord>,
    private readonly cache: FileCache,
    private readonly places: Places,
    /** Awaited after every change; called again where it failed, so that it has to bear being called for nothing. */
    private readonly onChange: () => Promise<void> = async () => undefined,
  ) {
    this.#index();
  }

  prepare(boot: NetworkBoot): Promise<void> {
    return this.#turns.run(boot.nodeId, () =>
      this.#prepare(boot).catch((error: unknown) => {
        throw notPrepared(error);
      }),
    );
  }

  withdraw(nodeId: string): Promise<void> {
    return this.#turns.run(nodeId, async () => {
      if (!this.holdings.of(nodeId)) return;
      await this.holdings.remove(nodeId);
      await this.#changed();
    });
  }

  async prepared(): Promise<readonly string[]> {
    return this.all().map(({ nodeId }) => nodeId);
  }

  all(): readonly PreparedBoot[] {
    return this.holdings.all();
  }

  ofAddress(address: string): PreparedBoot | undefined {
    return this.#byAddress.get(address);
  }

  file(secret: string, name: 'kernel' | 'ramdisk'): string | undefined {
    const boot = this.#bySecret.get(secret);
    return boot && this.holdings.path(boot, name);
  }

  async #prepare(boot: NetworkBoot): Promise<void> {
    kernelWords(boot.parameters);
    await this.#fetched(boot.kernel, (kernel, kernelVersion) =>
      this.#fetched(boot.ramdisk, async (ramdisk, ramdiskVersion) => {
        const record: BootRecord = { boot, versions: [kernelVersion, ramdiskVersion] };
        if (!isDeepStrictEqual(this.holdings.of(boot.nodeId)?.value, record))
          await this.holdings.put(boot.nodeId, record, { kernel, ramdisk });
        await this.#changed();
      }),
    );
  }

  /** What changed behind a URL is another file; where nobody can tell, it is fetched for every boot. */
  async #fetched(url: string, use: (path: string, version: string) => Promise<void>): Promise<void> {
    const { version = randomUUID() } = await look(url, this.places);
    const { maxBytes } = this.cache;
    await this.cache.use(
      `${url} ${version}`,
      path => download(url, path, this.places, { maxBytes }),
      ({ path }) => use(path, version),
    );
  }

  async #changed(): Promise<void> {
    this.#index();
    await this.onChange();
  }

  #index(): void {
    this.#byAddress.clear();
    this.#bySecret.clear();
    for (const boot of this.all()) {
      this.#bySecret.set(boot.secret, boot);
      for (const address of boot.value.boot.addresses) this.#byAddress.set(address, boot);
    }
  }
}

const notPrepared = (cause: unknown) =>
  new Problem(
    {
      code: 'boot.not-prepared',
      title: 'The machine has nothing to boot',
      detail: `Kernel and ramdisk cannot be served: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'See whether this conductor can fetch both of them from where they are said to be.',
    },
    { cause },
  );
