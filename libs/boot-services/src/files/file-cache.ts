import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFile, writeDurably } from './durable.js';
import { OneAtATime } from './one-at-a-time.js';

/** Something made once, that does not change any more. */
export interface Cached<Facts> {
  readonly path: string;
  /** What was found out when it was made. */
  readonly facts: Facts;
}

/**
 * Files that are dear to get, each made once for all that wait for it. The least recently used go when all of them are
 * larger than they may be, except what is in use: that is linked to from elsewhere, and would free nothing.
 */
export class FileCache {
  readonly #making = new OneAtATime();
  readonly #inUse = new Map<string, number>();

  private constructor(
    readonly folder: string,
    readonly maxBytes: number,
  ) {}

  /** Throws away what a process left half done. */
  static async open(folder: string, maxBytes: number): Promise<FileCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder))
      if (name.endsWith('.part')) await rm(join(folder, name), { recursive: true, force: true });
    return new FileCache(folder, maxBytes);
  }

  /**
   * @param key names the content: another content has another key
   * @param make writes the file; what it leaves behind when it throws is removed
   * @param use may link to the file, which can be gone when it has answered
   */
  async use<Facts, T>(
    key: string,
    make: (path: string) => Promise<Facts>,
    use: (cached: Cached<Facts>) => Promise<T>,
  ): Promise<T> {
    const name = createHash('sha256').update(key).digest('hex');
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + 1);
    try {
      const cached = await this.#making.run(
        name,
        async () => (await this.#find<Facts>(name)) ?? this.#make(name, make),
      );
      const { mtime } = await stat(cached.path);
      await utimes(cached.path, new Date(), mtime);
      return await use(cached);
    } finally {
      const users = this.#inUse.get(name)! - 1;
      if (users > 0) this.#inUse.set(name, users);
      else this.#inUse.delete(name);
      await this.#making.run('eviction', () => this.#evict());
    }
  }

  async #find<Facts>(name: string): Promise<Cached<Facts> | undefined> {
    const path = join(this.folder, name);
    try {
      await stat(path);
      return { path, facts: JSON.parse(await readFile(`${path}.json`, 'utf8')) as Facts };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #make<Facts>(name: string, make: (path: string) => Promise<Facts>): Promise<Cached<Facts>> {
    const path = join(this.folder, name);
    const temporary = `${path}.${randomUUID()}.part`;
    try {
      const facts = await make(temporary);
      await syncFile(temporary);
      // The file under its name is what says that all of it is there.
      await writeDurably(`${path}.json`, JSON.stringify(facts ?? null));
      await rename(temporary, path);
      await syncFile(this.folder);
      return { path, facts };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #evict(): Promise<void> {
    const names = (await readdir(this.folder)).filter(name => /^[0-9a-f]{64}$/.test(name));
    const files = await Promise.all(names.map(async name => ({ name, ...(await stat(join(this.folder, name))) })));
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size, nlink } of files.toSorted((a, b) => a.atimeMs - b.atimeMs)) {
      if (bytes <= this.maxBytes) return;
      if (this.#inUse.has(name) || nlink > 1) continue;
      await rm(join(this.folder, name));
      await rm(`${join(this.folder, name)}.json`, { force: true });
      bytes -= size;
    }
  }
}
