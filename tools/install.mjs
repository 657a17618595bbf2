// Installs the packages of package-lock.json where node_modules does not hold exactly them.
// Runs before anything is installed: plain JavaScript for Node 18, no imports but Node's own.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = file => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** True when every package the lock file asks for on this machine is there in its version. */
const isInstalled = () => {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const wanted = read('package-lock.json');
  const present = read('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return present[path] ? present[path].version === version : optional === true;
  });
};

if (!isInstalled()) {
  console.error('Installing the packages of package-lock.json (npm ci) ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('npm ci failed: see the lines above. Nothing was started.');
    process.exit(status ?? 1);
  }
}
