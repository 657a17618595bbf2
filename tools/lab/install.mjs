// Installs what emulated machines are made of, where it is missing: QEMU from Debian.
// Plain JavaScript for Node 18, no imports but Node's own. Run it again at will.
import { spawnSync } from 'node:child_process';

const DEBIAN = { 'qemu-system-x86_64': ['qemu-system-x86', 'ipxe-qemu'] };

const isThere = program => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const missing = Object.keys(DEBIAN).filter(program => !isThere(program));
const install = () =>
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...missing.flatMap(program => DEBIAN[program])], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

if (missing.length > 0) {
  console.log(`lab: installing ${missing.join(', ')} from Debian`);
  // The lists of packages are fetched only where apt does not know the packages as things are.
  if (!install() && !(spawnSync('apt-get', ['update'], { stdio: 'ignore' }).status === 0 && install())) {
    console.log('lab: this needs root, and the packages of Debian');
    process.exit(1);
  }
}
