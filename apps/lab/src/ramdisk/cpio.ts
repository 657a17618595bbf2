/** One entry of an archive; folders above it are made by themselves. */
export interface Entry {
  /** Without a leading slash. */
  readonly path: string;
  readonly content: Buffer | { readonly linkTo: string } | 'folder';
  readonly executable?: boolean;
}

const FILE = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;

/**
 * An initramfs in the format "newc" (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). The same
 * entries give the same bytes, in whatever order they come: sorted, owned by root, from the year 1970.
 */
export const cpio = (entries: readonly Entry[]): Buffer => {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    for (const folder of foldersAbove(entry.path)) all.set(folder, { path: folder, content: 'folder' });
    all.set(entry.path, entry);
  }
  const sorted = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts = sorted.map((entry, index) => member(index + 1, entry));
  return Buffer.concat([...parts, member(0, { path: 'TRAILER!!!', content: Buffer.alloc(0) }, 0)]);
};

const foldersAbove = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

const member = (inode: number, { path, content, executable = false }: Entry, mode?: number): Buffer => {
  const isFolder = content === 'folder';
  const data = isFolder ? Buffer.alloc(0) : Buffer.isBuffer(content) ? content : Buffer.from(content.linkTo);
  const type = isFolder
    ? FOLDER | 0o755
    : Buffer.isBuffer(content)
      ? FILE | (executable ? 0o755 : 0o644)
      : LINK | 0o777;
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode ?? type, 0, 0, isFolder ? 2 : 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(data)]);
};

const padded = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
