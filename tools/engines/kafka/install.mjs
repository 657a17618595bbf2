// Installs Kafka 4.3.1 (pom.xml) from Maven Central in .scratch/engines/kafka-4.3.1, with Java 17 and Maven from
// Debian where they are missing. Plain JavaScript for Node 18, no imports but Node's own. Run it again at will.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, '../../../.scratch/engines/kafka-4.3.1');
const libs = join(home, 'libs');

const say = text => console.log(`kafka: ${text}`);

const fail = text => {
  say(text);
  process.exit(1);
};

const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  return !error && status === 0;
};

const onPath = program =>
  (process.env.PATH ?? '').split(delimiter).some(folder => folder && existsSync(join(folder, program)));

/** The classes of the broker are made for Java 17. */
const hasJava = () => {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1]) >= 17;
};

/** The lists of packages are fetched only when apt does not know the packages as things are. */
const aptInstall = packages => {
  if (process.getuid?.() !== 0 || !onPath('apt-get'))
    fail(`${packages.join(', ')} missing: install as root with "apt-get install ${packages.join(' ')}"`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  say(`installing ${packages.join(', ')} with apt-get`);
  if (install()) return;
  say('apt-get does not have them: updating its lists, then once more');
  if (!run('apt-get', ['update', '-qq'], { env }) || !install())
    fail(`apt-get could not install ${packages.join(', ')}`);
};

const installJars = () => {
  const missing = [...(hasJava() ? [] : ['openjdk-17-jre-headless']), ...(onPath('mvn') ? [] : ['maven'])];
  if (missing.length > 0) aptInstall(missing);
  say('fetching 47 jars from Maven Central');
  mkdirSync(home, { recursive: true });
  const fetched = join(home, `fetched-by-${process.pid}`);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fetched}`];
  const options = { stdio: 'inherit' };
  if (!run('mvn', ['-q', '-B', '-f', join(here, 'pom.xml'), ...goal], options)) fail('Maven could not fetch them');
  // Renamed when complete, so that what is there is whole. Someone else may have been quicker.
  if (existsSync(libs)) rmSync(fetched, { recursive: true });
  else renameSync(fetched, libs);
};

if (!existsSync(libs)) installJars();
else if (!hasJava()) aptInstall(['openjdk-17-jre-headless']);
say('Kafka 4.3.1: installed in .scratch/engines');
