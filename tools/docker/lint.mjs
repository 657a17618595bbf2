// Checks docker/ as far as that goes without Docker and without a cluster: npm run lint:docker.
// The last line is "N passed, N failed", as of the other suites.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionNames, readConfiguration, variableOf } from '#configuration';
import * as compose from './compose.mjs';
import { dockerfileFaults, environmentOf, stagesIn } from './dockerfile.mjs';
import * as kubernetes from './kubernetes.mjs';
import { selfChecks } from './self-checks.mjs';

const root = join(import.meta.dirname, '../..');
const read = path => readFileSync(join(root, path), 'utf8');
const { version } = JSON.parse(read('package.json'));

const dockerfile = read('docker/Dockerfile');
const imageEnvironment = environmentOf(stagesIn(dockerfile).at(-1));
const fleet = compose.composeIn(read('docker/compose.yaml'));
const manifests = readdirSync(join(root, 'docker/kubernetes'))
  .filter(file => file.endsWith('.yaml'))
  .map(file => `docker/kubernetes/${file}`);
const objects = manifests.flatMap(file => kubernetes.objectsIn(read(file)));

/** The server's own reader judges what a process would be given. */
const processFaults = ({ image, environment, flags = {}, secretFiles }) => {
  const faults = image === `ferrolog:${version}` ? [] : [`image ${image} is not of version ${version}`];
  const given = { ...imageEnvironment, ...environment };
  for (const variable of ['FERROLOG_MASTER_KEY', 'FERROLOG_HTPASSWD'])
    if (!secretFiles.includes(given[variable])) faults.push(`${variable} ${given[variable]} is not among its secrets`);
  try {
    const roles = readConfiguration({ flags: flags.roles ? { roles: [flags.roles] } : {}, environment: given })
      .configuration.roles;
    if (roles.length !== 1) faults.push(`it has the roles ${roles.join(', ')}, not one of its own`);
  } catch (error) {
    faults.push(error.message);
  }
  return faults;
};

/** Names that are not options: a process that is given one of them does not start. */
const unknownVariables = text => {
  const known = new Set(['FERROLOG_CONFIG', 'FERROLOG_SERVER', 'FERROLOG_USER', 'FERROLOG_PASSWORD']);
  for (const name of optionNames) known.add(variableOf(name));
  return [...new Set(text.match(/FERROLOG_[A-Z][A-Z_]*[A-Z]/g))]
    .filter(name => !known.has(name))
    .map(name => `there is no variable ${name}`);
};

const conductorNames = () => {
  const names = compose
    .processesIn(fleet)
    .filter(({ environment }) => environment.FERROLOG_ROLES === 'conductor')
    .map(({ name, environment }) => [environment.FERROLOG_CONDUCTOR_HOST, fleet.services[name]]);
  const replicated = names.filter(([, service]) => (service.deploy?.replicas ?? 1) > 1);
  return new Set(names.map(([name]) => name)).size === names.length && replicated.length === 0
    ? []
    : ['two conductors have the same name'];
};

/** Each document of a file on its own: kubernetes-validate ends with 1 where one is refused, and says which. */
const validate = join(root, '.scratch/docker-lint/bin/kubernetes-validate');
const schemaFaults = file => {
  if (!existsSync(validate)) return ['kubernetes-validate is missing: node tools/docker/install.mjs'];
  const { status, stdout, stderr } = spawnSync(validate, ['--strict', '--quiet', join(root, file)], {
    encoding: 'utf8',
  });
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split('\n');
};

const texts = ['docker/Dockerfile', 'docker/compose.yaml', 'docker/.env.example', 'docker/health.mjs', ...manifests];
const documents = ['docker/README.md', 'docker/kubernetes/README.md', 'docs/how-to/run-a-fleet.md'];

const checks = [
  ...selfChecks,
  [
    'docker/Dockerfile',
    () =>
      dockerfileFaults({ text: dockerfile, ignore: read('.dockerignore'), root, nodeVersion: read('.nvmrc').trim() }),
  ],
  ['docker/compose.yaml by the schema of Compose', () => compose.schemaFaults(fleet)],
  ...Object.keys(fleet.services).map(name => [`service ${name}`, () => compose.serviceFaults(name, fleet)]),
  ...compose
    .processesIn(fleet)
    .map(process => [
      `configuration of service ${process.name}`,
      () => processFaults({ ...process, secretFiles: compose.secretFilesOf(fleet.services[process.name]) }),
    ]),
  ['names of conductors', conductorNames],
  ...manifests.map(file => [`${file} by the schemas of Kubernetes`, () => schemaFaults(file)]),
  ...objects.map(object => [`${object.kind} ${object.metadata.name}`, () => kubernetes.objectFaults(object, objects)]),
  ...kubernetes
    .processesIn(objects)
    .map(process => [`configuration of ${process.name} in Kubernetes`, () => processFaults(process)]),
  ...[...texts, ...documents].map(file => [`variables in ${file}`, () => unknownVariables(read(file))]),
];

let passed = 0;
let failed = 0;
for (const [name, faultsOf] of checks) {
  const faults = faultsOf();
  if (faults.length === 0) passed++;
  else failed++;
  for (const fault of faults) console.log(`FAIL ${name}: ${fault}`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
