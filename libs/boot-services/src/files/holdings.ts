import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFile, writeDurably } from './durable.js';

/** What is held for one node: a record, and files below a name that nobody guesses. */
export interface Held<T> {
  readonly nodeId: string;
  /** 128 random bits in hexadecimal digits: whoever knows them may fetch the files. */
  readonly secret: string;
  readonly value: T;
}

/**
 * What is held for nodes, over restarts. A record, `nodes/<node>.json`, appears at once and after all of its files,
 * `files/<secret>/<name>`; folders that no record names are left-overs and go at the next start.
 */
export class Holdings<T> {
  readonly #held = new Map<string, Held<T>>();

  private constructor(readonly folder: string) {}

  static async open<T>(folder: string): Promise<Holdings<T>> {
    const holdings = new Holdings<T>(folder);
    const [records, files] = [join(folder, 'nodes'), join(folder, 'files')];
    for (const each of [records, files]) await mkdir(each, { recursive: true, mode: 0o700 });
    for (const name of await readdir(records)) {
      if (!name.endsWith('.json')) {
        await rm(join(records, name), { force: true });
        continue;
      }
      const held = JSON.parse(await readFile(join(records, name), 'utf8')) as Held<T>;
      holdings.#held.set(held.nodeId, held);
    }
    const named = new Set(holdings.all().map(({ secret }) => secret));
    for (const name of await readdir(files))
      if (!named.has(name)) await rm(join(files, name), { recursive: true, force: true });
    return holdings;
  }

  of(nodeId: string): Held<T> | undefined {
    return this.#held.get(nodeId);
  }

  all(): readonly Held<T>[] {
    return [...this.#held.values()];
  }

  path({ secret }: Held<T>, name: string): string {
    return join(this.folder, 'files', secret, name);
  }

  /** In place of what was held. Files are linked, not copied: by name, where each of them is now. */
  async put(nodeId: string, value: T, files: Readonly<Record<string, string>>): Promise<Held<T>> {
    const before = this.of(nodeId);
    const held: Held<T> = { nodeId, secret: randomBytes(16).toString('hex'), value };
    const folder = join(this.folder, 'files', held.secret);
    await mkdir(folder, { mode: 0o700 });
    for (const [name, source] of Object.entries(files)) await link(source, join(folder, name));
    await syncFile(folder);
    await writeDurably(this.#record(nodeId), JSON.stringify(held));
    this.#held.set(nodeId, held);
    if (before) await this.#removeFiles(before);
    return held;
  }

  async remove(nodeId: string): Promise<void> {
    const held = this.of(nodeId);
    if (!held) return;
    this.#held.delete(nodeId);
    await rm(this.#record(nodeId), { force: true });
    await this.#removeFiles(held);
  }

  /** Ids are UUIDs; whatever else comes stays inside the folder. */
  #record(nodeId: string): string {
    return join(this.folder, 'nodes', `${encodeURIComponent(nodeId).replaceAll('.', '%2E')}.json`);
  }

  /** Who is reading one of them reads on. */
  #removeFiles({ secret }: Held<T>): Promise<void> {
    return rm(join(this.folder, 'files', secret), { recursive: true, force: true });
  }
}
