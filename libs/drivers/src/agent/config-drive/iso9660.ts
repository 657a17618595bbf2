/** A file of an image: its path with slashes, and what is in it. */
export interface IsoFile {
  readonly path: string;
  readonly content: Buffer;
}

const SECTOR = 2048;
const FIRST_SECTOR = 19;

interface Folder {
  readonly name: string;
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, Buffer>;
}

interface Placed {
  sector: number;
  readonly sizeBytes: number;
}

/**
 * A small ISO 9660 image with Joliet names (ECMA-119; Joliet Specification, 1995): a primary volume for those that read
 * names of eight and three letters, a supplementary one with the names as they are. The same files make the same bytes.
 */
export const isoImage = (label: string, files: readonly IsoFile[]): Buffer => {
  const root = treeOf(files);
  const folders = [...walk(root)];
  const places = new Map<object, Record<'plain' | 'joliet', Placed>>();
  const contents = new Map<Buffer, Placed>();
  const paths = { plain: pathTable(folders, 'plain', places), joliet: pathTable(folders, 'joliet', places) };

  let sector = FIRST_SECTOR;
  const take = (sizeBytes: number): number => {
    const first = sector;
    sector += Math.max(1, Math.ceil(sizeBytes / SECTOR));
    return first;
  };
  const tables = {
    plain: [take(paths.plain.sizeBytes), take(paths.plain.sizeBytes)],
    joliet: [take(paths.joliet.sizeBytes), take(paths.joliet.sizeBytes)],
  };
  for (const { folder } of folders) {
    const place = (kind: Names): Placed => {
      const sizeBytes = Math.ceil(directorySize(folder, kind) / SECTOR) * SECTOR;
      return { sector: take(sizeBytes), sizeBytes };
    };
    places.set(folder, { plain: place('plain'), joliet: place('joliet') });
  }
  for (const { folder } of folders)
    for (const content of folder.files.values())
      contents.set(content, { sector: content.length > 0 ? take(content.length) : 0, sizeBytes: content.length });

  const image = Buffer.alloc(sector * SECTOR);
  for (const [index, kind] of (['plain', 'joliet'] as const).entries()) {
    const [little, big] = tables[kind] as [number, number];
    const descriptor = {
      kind,
      label,
      sectors: sector,
      table: paths[kind].sizeBytes,
      little,
      big,
      root: places.get(root)![kind],
    };
    volume(image.subarray((16 + index) * SECTOR), descriptor);
    paths[kind].bytes('LE').copy(image, little * SECTOR);
    paths[kind].bytes('BE').copy(image, big * SECTOR);
    for (const { folder, parent } of folders)
      directory(folder, parent, kind, places, contents).copy(image, places.get(folder)![kind].sector * SECTOR);
  }
  image.write('\xffCD001\x01', 18 * SECTOR, 'latin1');
  for (const [content, place] of contents) content.copy(image, place.sector * SECTOR);
  return image;
};

type Names = 'plain' | 'joliet';

const treeOf = (files: readonly IsoFile[]): Folder => {
  const folder = (name: string): Folder => ({ name, folders: new Map(), files: new Map() });
  const root = folder('');
  for (const { path, content } of files) {
    const names = path.split('/').filter(Boolean);
    const file = names.pop()!;
    let at = root;
    for (const name of names) {
      if (!at.folders.has(name)) at.folders.set(name, folder(name));
      at = at.folders.get(name)!;
    }
    // Each file is a place of its own, even where two hold the same buffer.
    at.files.set(file, Buffer.from(content));
  }
  return root;
};

/** Level by level, as path tables list them. */
function* walk(root: Folder): Generator<{ folder: Folder; parent: Folder }> {
  let level = [{ folder: root, parent: root }];
  while (level.length > 0) {
    yield* level;
    level = level.flatMap(({ folder }) =>
      [...folder.folders.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(child => ({ folder: child, parent: folder })),
    );
  }
}

/** Names of the primary volume: upper case, eight letters and three; those that clash are told apart by a number. */
const plainName = (name: string, siblings: readonly string[], isFile: boolean): string => {
  const short = (each: string) => {
    const [base, extension = ''] = isFile ? splitName(each) : [each, ''];
    const clean = (part: string, length: number) =>
      part
        .toUpperCase()
        .replace(/[^A-Z0-9_]/g, '_')
        .slice(0, length);
    return [clean(base, 8), clean(extension, 3)] as const;
  };
  const [base, extension] = short(name);
  const same = siblings.filter(each => short(each).join('.') === `${base}.${extension}`);
  const own = same.length > 1 ? `${base.slice(0, 7)}${same.indexOf(name)}` : base;
  return isFile ? `${own}.${extension};1` : own;
};

const splitName = (name: string): [string, string] => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ''];
};

const nameBytes = (name: string, siblings: readonly string[], kind: Names, isFile: boolean): Buffer =>
  kind === 'plain'
    ? Buffer.from(plainName(name, siblings, isFile), 'latin1')
    : Buffer.from(name.slice(0, 64), 'utf16le').swap16();

const entriesOf = (folder: Folder, kind: Names): { name: Buffer; folder?: Folder; content?: Buffer }[] => {
  const siblings = [...folder.folders.keys(), ...folder.files.keys()].sort();
  const entries = [
    ...[...folder.folders].map(([name, child]) => ({ name: nameBytes(name, siblings, kind, false), folder: child })),
    ...[...folder.files].map(([name, content]) => ({ name: nameBytes(name, siblings, kind, true), content })),
  ];
  return entries.sort((a, b) => Buffer.compare(a.name, b.name));
};

const recordSize = (nameLength: number): number => 33 + nameLength + ((33 + nameLength) % 2);

/** Records do not cross the end of a sector. */
const directorySize = (folder: Folder, kind: Names): number => {
  let sizeBytes = 2 * recordSize(1);
  for (const { name } of entriesOf(folder, kind)) {
    const record = recordSize(name.length);
    if ((sizeBytes % SECTOR) + record > SECTOR) sizeBytes = Math.ceil(sizeBytes / SECTOR) * SECTOR;
    sizeBytes += record;
  }
  return sizeBytes;
};

const both32 = (to: Buffer, value: number, at: number): void => {
  to.writeUInt32LE(value, at);
  to.writeUInt32BE(value, at + 4);
};
const both16 = (to: Buffer, value: number, at: number): void => {
  to.writeUInt16LE(value, at);
  to.writeUInt16BE(value, at + 2);
};

const record = (name: Buffer, { sector, sizeBytes }: Placed, isFolder: boolean): Buffer => {
  const bytes = Buffer.alloc(recordSize(name.length));
  bytes[0] = bytes.length;
  both32(bytes, sector, 2);
  both32(bytes, sizeBytes, 10);
  // A time that never changes: 1 January 2000.
  bytes.set([100, 1, 1, 0, 0, 0, 0], 18);
  bytes[25] = isFolder ? 2 : 0;
  both16(bytes, 1, 28);
  bytes[32] = name.length;
  name.copy(bytes, 33);
  return bytes;
};

const directory = (
  folder: Folder,
  parent: Folder,
  kind: Names,
  places: ReadonlyMap<object, Record<Names, Placed>>,
  contents: ReadonlyMap<Buffer, Placed>,
): Buffer => {
  const bytes = Buffer.alloc(places.get(folder)![kind].sizeBytes);
  let at = 0;
  const add = (each: Buffer) => {
    if ((at % SECTOR) + each.length > SECTOR) at = Math.ceil(at / SECTOR) * SECTOR;
    each.copy(bytes, at);
    at += each.length;
  };
  add(record(Buffer.from([0]), places.get(folder)![kind], true));
  add(record(Buffer.from([1]), places.get(parent)![kind], true));
  for (const { name, folder: child, content } of entriesOf(folder, kind))
    add(record(name, child ? places.get(child)![kind] : contents.get(content!)!, child !== undefined));
  return bytes;
};

const pathTable = (
  folders: readonly { readonly folder: Folder; readonly parent: Folder }[],
  kind: Names,
  places: ReadonlyMap<object, Record<Names, Placed>>,
) => {
  const names = folders.map(({ folder, parent }) =>
    folder === parent
      ? Buffer.from([0])
      : nameBytes(folder.name, [...parent.folders.keys(), ...parent.files.keys()].sort(), kind, false),
  );
  const sizeOf = (name: Buffer) => 8 + name.length + (name.length % 2);
  return {
    sizeBytes: names.reduce((sum, name) => sum + sizeOf(name), 0),
    bytes(order: 'LE' | 'BE'): Buffer {
      return Buffer.concat(
        folders.map(({ folder, parent }, index) => {
          const name = names[index]!;
          const bytes = Buffer.alloc(sizeOf(name));
          bytes[0] = name.length;
          bytes[`writeUInt32${order}`](places.get(folder)![kind].sector, 2);
          bytes[`writeUInt16${order}`](folders.findIndex(each => each.folder === parent) + 1, 6);
          name.copy(bytes, 8);
          return bytes;
        }),
      );
    },
  };
};

interface Volume {
  readonly kind: Names;
  readonly label: string;
  readonly sectors: number;
  readonly table: number;
  readonly little: number;
  readonly big: number;
  readonly root: Placed;
}

const volume = (to: Buffer, { kind, label, sectors, table, little, big, root }: Volume): void => {
  const isJoliet = kind === 'joliet';
  const write = (value: string, at: number, length: number) => {
    const padded = isJoliet
      ? Buffer.from(value.padEnd(length / 2).slice(0, length / 2), 'utf16le').swap16()
      : Buffer.from(value.padEnd(length).slice(0, length), 'latin1');
    padded.copy(to, at);
  };
  to[0] = isJoliet ? 2 : 1;
  to.write('CD001', 1, 'latin1');
  to[6] = 1;
  for (const [at, length] of [
    [8, 32],
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
  ] as const)
    write('', at, length);
  write(label, 40, 32);
  both32(to, sectors, 80);
  // Level 3 of UCS-2, which says Joliet.
  if (isJoliet) to.write('%/E', 88, 'latin1');
  both16(to, 1, 120);
  both16(to, 1, 124);
  both16(to, SECTOR, 128);
  both32(to, table, 132);
  to.writeUInt32LE(little, 140);
  to.writeUInt32BE(big, 148);
  record(Buffer.from([0]), root, true).copy(to, 156);
  to.fill(0x20, 702, 813);
  for (const at of [813, 830, 847, 864]) to.write('0000000000000000', at, 'latin1');
  to[881] = 1;
};
