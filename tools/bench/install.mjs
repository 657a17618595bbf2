// Installs wrk where that is easy (Debian, as root). Without it the benchmark makes do with autocannon, and says so.
import { spawnSync } from 'node:child_process';

const isThere = command => spawnSync(command, ['--version']).error === undefined;

if (!isThere('wrk') && process.getuid?.() === 0 && isThere('apt-get')) {
  const { status } = spawnSync('apt-get', ['install', '--yes', '--quiet', 'wrk'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) console.error('wrk could not be installed: rates will be measured with autocannon.');
}
