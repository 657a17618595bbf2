// Builds the product into dist/: event types from schemas/, then tsc, then removal of what no longer has a source.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { generateTypes } from './generate-types.mjs';

const root = join(import.meta.dirname, '..');
await generateTypes();

const compile = () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', root], { cwd: root, stdio: 'inherit' }).status ?? 1;
};
const status = compile();

/** A file whose TypeScript source is gone would still be imported, and its tests still be run. */
const removeOrphans = folder => {
  for (const entry of readdirSync(join(root, 'dist', folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (existsSync(join(root, path))) removeOrphans(path);
      else rmSync(join(root, 'dist', path), { recursive: true });
    } else if (entry.name.endsWith('.js') || entry.name.endsWith('.js.map')) {
      if (!existsSync(join(root, path.replace(/\.js(\.map)?$/, '.ts')))) rmSync(join(root, 'dist', path));
    }
  }
};
if (status === 0) removeOrphans('');
process.exit(status);
