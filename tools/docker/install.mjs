// Installs kubernetes-validate, which tools/docker/lint.mjs runs, in .scratch/docker-lint, from PyPI.
// Plain JavaScript for Node 18, no imports but Node's own. Run it again at will: what is there stays.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(dirname(dirname(here)), '.scratch/docker-lint');
const requirements = join(here, 'requirements.txt');
const stamp = join(folder, 'installed.txt');
const PYTHONS = ['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14', '/usr/bin/python3'];

const say = text => console.log(`docker-lint: ${text}`);

const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  return !error && status === 0;
};

const makesVenvs = python =>
  run(python, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' });

const canApt =
  process.getuid?.() === 0 && process.env.PATH.split(delimiter).some(path => existsSync(join(path, 'apt-get')));

/** The lists are fetched only when apt does not have the packages as things are. */
const aptInstall = () => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3', 'python3-venv'], { env });
  say('installing python3 and python3-venv with apt-get');
  return install() || (run('apt-get', ['update', '-qq']) && install());
};

const findPython = () => PYTHONS.find(makesVenvs) ?? (canApt && aptInstall() ? PYTHONS.find(makesVenvs) : undefined);

const isInstalled = () =>
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === readFileSync(requirements, 'utf8') &&
  run(join(folder, 'bin/kubernetes-validate'), ['--version']);

const install = () => {
  const python = findPython();
  if (!python) return false;
  say('installing kubernetes-validate from PyPI');
  rmSync(folder, { recursive: true, force: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--root-user-action=ignore'];
  const made =
    run(python, ['-m', 'venv', folder]) &&
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
  // Written last: a folder without it is made anew.
  if (made) writeFileSync(stamp, readFileSync(requirements, 'utf8'));
  return made;
};

if (!isInstalled() && !install()) {
  say('it could not be installed: it needs Python 3.10 or newer with venv (Debian: apt-get install python3-venv)');
  process.exit(1);
}
