// Installs the clients that apps/server/src/e2e drives the server with, in .scratch/clients:
//   newest/bin/  python-ironicclient 6.3.0 (baremetal, openstack) and openstacksdk 4.22.0, from PyPI
//   older/bin/   python-ironicclient 5.0.1, from Debian 12 where that can be, else from PyPI
// Plain JavaScript for Node 18, no imports but Node's own. Run it again at will: what is there stays.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const scratch = join(dirname(dirname(here)), '.scratch/clients');

/** openstacksdk 4.22.0 and python-ironicclient 6.3.0 run on no older Python. */
const NEEDED_PYTHON = '(3, 11)';
const PYTHONS = ['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14', '/usr/bin/python3'];
const OLDER = '5.0.1';
const DEBIAN_CLIENT = '/usr/bin/baremetal';

const say = text => console.log(`clients: ${text}`);

const fail = text => {
  say(text);
  process.exit(1);
};

const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  return !error && status === 0;
};

/** What the program prints, on both channels: some clients tell their version on the wrong one. */
const output = (command, args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout + stderr : undefined;
};

const canApt =
  process.getuid?.() === 0 && process.env.PATH.split(delimiter).some(folder => existsSync(join(folder, 'apt-get')));

const updateAptLists = () => {
  say('updating the lists of apt-get');
  return run('apt-get', ['update', '-qq']);
};

/** The lists are fetched only when apt does not have the packages as things are. */
const aptInstall = packages => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  say(`installing ${packages.join(', ')} with apt-get`);
  return install() || (updateAptLists() && install());
};

/** A Python that is new enough and can make virtual environments. */
const findPython = () =>
  PYTHONS.find(python =>
    run(python, ['-c', `import sys, venv, ensurepip; sys.exit(sys.version_info < ${NEEDED_PYTHON})`], {
      stdio: 'ignore',
    }),
  );

const requirePython = () => {
  const python = findPython() ?? (canApt && aptInstall(['python3', 'python3-venv']) ? findPython() : undefined);
  return python ?? fail('Python 3.11 or newer with venv is needed: on Debian, apt-get install python3 python3-venv');
};

/** Made anew unless it holds exactly what the file of requirements says: the copy of that file is written last. */
const installVenv = (name, requirements) => {
  const folder = join(scratch, name);
  const wanted = readFileSync(join(here, requirements), 'utf8');
  const stamp = join(folder, 'installed.txt');
  const isInstalled =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted &&
    run(join(folder, 'bin/python'), ['-c', 'import ironicclient']);
  if (isInstalled) return;
  const python = requirePython();
  say(`installing ${requirements} from PyPI for ${output(python, ['--version']).trim()}`);
  rmSync(folder, { recursive: true, force: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--root-user-action=ignore'];
  const made =
    run(python, ['-m', 'venv', folder]) &&
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...quiet, '-r', join(here, requirements)]);
  if (!made) fail(`${requirements} could not be installed: see the lines above`);
  writeFileSync(stamp, wanted);
};

const isDebianClientInstalled = () =>
  existsSync(DEBIAN_CLIENT) && output(DEBIAN_CLIENT, ['--version'])?.includes(` ${OLDER}`);

const debianHasIt = () => output('apt-cache', ['policy', 'python3-ironicclient'])?.includes(`Candidate: ${OLDER}-`);

const installOlder = () => {
  const isThere =
    isDebianClientInstalled() ||
    (canApt &&
      (debianHasIt() || (updateAptLists() && debianHasIt())) &&
      aptInstall(['python3-ironicclient', 'python3-openstackclient']) &&
      isDebianClientInstalled());
  if (!isThere) {
    installVenv('older', 'older.txt');
    return say(`older: python-ironicclient ${OLDER} from PyPI`);
  }
  rmSync(join(scratch, 'older'), { recursive: true, force: true });
  mkdirSync(join(scratch, 'older/bin'), { recursive: true });
  symlinkSync(DEBIAN_CLIENT, join(scratch, 'older/bin/baremetal'));
  say(`older: Debian's python-ironicclient ${OLDER}`);
};

mkdirSync(scratch, { recursive: true });
installVenv('newest', 'newest.txt');
say(`newest: ${output(join(scratch, 'newest/bin/baremetal'), ['--version']).trim()} from PyPI`);
installOlder();
