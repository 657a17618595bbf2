import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Entry } from './cpio.js';

const run = promisify(execFile);

// What is taken out of a tree of unpacked packages for an initramfs: programs with their libraries, kernel modules.

const LIBRARIES = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];
const PROGRAMS = ['bin', 'sbin', 'usr/bin', 'usr/sbin'];

const fileEntry = (path: string, from: string, executable = false): Entry => ({
  path,
  content: readFileSync(from),
  executable,
});

/** Programs by name, in the place where their package has them, and all libraries that they load. */
export const programs = async (root: string, names: readonly string[]): Promise<Entry[]> => {
  const found = names.map(name => {
    const folder = PROGRAMS.find(folder => existsSync(join(root, folder, name)));
    if (!folder) throw new Error(`no package that was unpacked has a program ${name}`);
    return join(folder, name);
  });
  const libraries = await librariesOf(
    root,
    found.map(path => join(root, path)),
  );
  return [...found.map(path => fileEntry(path, join(root, path), true)), ...libraries];
};

/** All that the dynamic loader would load for the programs: asked of the tree's own loader, never of the host's. */
export const librariesOf = async (root: string, paths: readonly string[]): Promise<Entry[]> => {
  const loader = join(root, 'lib64/ld-linux-x86-64.so.2');
  const search = LIBRARIES.map(folder => join(root, folder)).join(':');
  const needed = new Map<string, string>();
  for (const path of paths) {
    const { stdout } = await run(loader, ['--library-path', search, '--list', path]).catch(error => {
      if (/not a dynamic executable|statically linked/.test(`${error.stdout}${error.stderr}`)) return { stdout: '' };
      throw new Error(`${basename(path)} lacks a library: ${error.stderr}`);
    });
    for (const [, name, file] of stdout.matchAll(/^\s*(\S+) => (\/\S+) \(/gm)) needed.set(name!, file!);
  }
  return [
    ...[...needed].map(([name, file]) => fileEntry(`lib/x86_64-linux-gnu/${name}`, file)),
    fileEntry('lib64/ld-linux-x86-64.so.2', loader, true),
  ];
};

export const kernelVersion = (root: string): string => readdirSync(join(root, 'lib/modules'))[0]!;

/** Kernel modules by name with those that they need, those first. What the kernel has built in is left out. */
export const kernelModules = async (
  root: string,
  names: readonly string[],
): Promise<{ entries: Entry[]; order: string[] }> => {
  const version = kernelVersion(root);
  const folder = join(root, 'lib/modules', version);
  await run(join(root, 'lib64/ld-linux-x86-64.so.2'), [
    '--argv0',
    'depmod',
    '--library-path',
    LIBRARIES.map(each => join(root, each)).join(':'),
    join(root, 'bin/kmod'),
    '--basedir',
    root,
    version,
  ]);
  const needs = new Map(
    readFileSync(join(folder, 'modules.dep'), 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split(':'))
      .map(([file, rest]) => [file!, rest!.trim().split(' ').filter(Boolean)]),
  );
  const builtIn = readFileSync(join(folder, 'modules.builtin'), 'utf8');
  const nameOf = (file: string) => basename(file, '.ko').replaceAll('-', '_');
  const byName = new Map([...needs.keys()].map(file => [nameOf(file), file]));
  const order: string[] = [];
  const add = (file: string): void => {
    for (const needed of needs.get(file)!) add(needed);
    if (!order.includes(file)) order.push(file);
  };
  for (const name of names) {
    const file = byName.get(name.replaceAll('-', '_'));
    if (file) add(file);
    else if (!builtIn.includes(`/${name}.ko`)) throw new Error(`the kernel has no module ${name}`);
  }
  const placed = order.map(file => `lib/modules/${basename(file)}`);
  return { entries: order.map((file, index) => fileEntry(placed[index]!, join(folder, file))), order: placed };
};
