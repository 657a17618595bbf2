import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Unpacked {
  /** A tree of files as they would be installed: `usr/bin/…`. No script of a package ran. */
  readonly root: string;
  /** `name_version_architecture`, sorted. */
  readonly packages: readonly string[];
}

/**
 * Fetches Debian packages with all that they depend on and unpacks them below `folder`. The host's own packages are
 * neither looked at nor changed. What was unpacked before for
 * the same names is taken as it is: delete the folder to have newer packages.
 *
 * @throws Error with what apt-get said
 */
export const unpackPackages = async (names: readonly string[], folder: string): Promise<Unpacked> => {
  const set = join(folder, `packages-${createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 8)}`);
  const archives = join(set, 'archives');
  const root = join(set, 'root');
  if (!existsSync(root)) {
    await fetchPackages(names, archives);
    const unfinished = `${root}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    for (const archive of archivesIn(archives)) await run('dpkg-deb', ['-x', join(archives, archive), unfinished]);
    renameSync(unfinished, root);
  }
  return { root, packages: archivesIn(archives).map(archive => archive.replace(/\.deb$/, '')) };
};

const archivesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.deb'))
    .sort();

const fetchPackages = async (names: readonly string[], archives: string): Promise<void> => {
  mkdirSync(join(archives, 'partial'), { recursive: true });
  // An empty list of what is installed: dependencies are named completely, whatever the host has.
  const options = [
    'Dir::State::status=/dev/null',
    `Dir::Cache::archives=${archives}`,
    'APT::Install-Recommends=false',
    'APT::Get::Download-Only=true',
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
  ].flatMap(option => ['-o', option]);
  const room = { maxBuffer: 1 << 26 };
  const install = () => run('apt-get', ['-y', ...options, 'install', ...names], room);
  try {
    await install();
  } catch {
    // A new machine has no lists of packages, or old ones.
    await run('apt-get', ['update'], room);
    await install();
  }
};
