import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { VersionRequest } from '#ironic';
import { MAX_MINOR, MIN_MINOR, requestedVersion } from '#ironic';

export const rangeHeaders = {
  'x-openstack-ironic-api-minimum-version': `1.${MIN_MINOR}`,
  'x-openstack-ironic-api-maximum-version': `1.${MAX_MINOR}`,
};

const text = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

export const versionOf = (headers: IncomingHttpHeaders): VersionRequest =>
  requestedVersion(text(headers['openstack-api-version']), text(headers['x-openstack-ironic-api-version']));

/** The collections that answer without `/v1` in front too (Ironic API reference). */
const collections = [
  'nodes',
  'ports',
  'chassis',
  'drivers',
  'conductors',
  'lookup',
  'heartbeat',
  'continue_inspection',
];
const bare = new RegExp(`^/(${collections.join('|')})(?=[/?]|$)`);

/** One way to write every address: with `/v1`, without a slash at the end, without the `.json` of old clients. */
export const canonicalUrl = ({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string => {
  const query = url.indexOf('?');
  let path = query < 0 ? url : url.slice(0, query);
  const rest = query < 0 ? '' : url.slice(query);
  if (path.length > 1 && path.endsWith('/')) path = path.replace(/\/+$/, '') || '/';
  if (bare.test(path)) path = `/v1${path}`;
  if (path.endsWith('.json') && path.startsWith('/v1/') && headers['x-openstack-ironic-api-version']) {
    const version = versionOf(headers);
    if ('minor' in version && version.minor < 91) path = path.slice(0, -'.json'.length);
  }
  return path + rest;
};
