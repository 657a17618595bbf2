// Installs the Python client that ../specs/python-client.engine.spec.ts asks the stand-in with:
// kurrentdbclient from PyPI, in .scratch/eventstoredb-clients.
// Plain JavaScript for Node 18, no imports but Node's own. Run it again at will: what is there stays.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '../../../.scratch/eventstoredb-clients');

/** kurrentdbclient 1.3.5, grpcio and protobuf as pinned run on no older Python. */
const NEEDED_PYTHON = '(3, 10)';
const PYTHONS = ['python3', ...[10, 11, 12, 13, 14].map(minor => `python3.${minor}`), '/usr/bin/python3'];

const say = text => console.log(`eventstoredb-clients: ${text}`);

const fail = text => {
  say(text);
  process.exit(1);
};

const run = (command, args, stdio = ['ignore', 'ignore', 'inherit']) => {
  const { status, error } = spawnSync(command, args, { stdio });
  return !error && status === 0;
};

/** A Python that is new enough and can make virtual environments. */
const findPython = () =>
  PYTHONS.find(python =>
    run(python, ['-c', `import sys, venv, ensurepip; sys.exit(sys.version_info < ${NEEDED_PYTHON})`], 'ignore'),
  );

const python = join(folder, 'bin/python');
const requirements = join(here, 'requirements.txt');
const wanted = readFileSync(requirements, 'utf8');
/** Written last: a copy of what was asked for. */
const stamp = join(folder, 'installed.txt');

const isInstalled = () =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && run(python, ['-c', 'import kurrentdbclient']);

const install = () => {
  const found =
    findPython() ?? fail('Python 3.10 or newer with venv is needed: on Debian, apt-get install python3 python3-venv');
  say(`installing from PyPI with ${found}`);
  rmSync(folder, { recursive: true, force: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--root-user-action=ignore'];
  const made =
    run(found, ['-m', 'venv', folder]) && run(python, ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
  if (!made) fail('kurrentdbclient could not be installed: see the lines above');
  writeFileSync(stamp, wanted);
};

if (!isInstalled()) install();
say(`${wanted.split('\n')[1]}: installed`);
