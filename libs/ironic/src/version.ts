/** Minor version of API 1.x. */
export type Minor = number;
export const MIN_MINOR: Minor = 1;
export const MAX_MINOR: Minor = 115;

export type VersionRequest =
  { readonly minor: Minor } | { readonly refusal: 'unparsable' | 'unsupported'; readonly asked: string };

/** The version a request asks for (Ironic API reference). `OpenStack-API-Version` is looked at first. */
export const requestedVersion = (openstack: string | undefined, ironic: string | undefined): VersionRequest => {
  const asked = (openstack !== undefined && baremetal(openstack)) || ironic?.trim();
  if (!asked) return { minor: MIN_MINOR };
  if (asked.toLowerCase() === 'latest') return { minor: MAX_MINOR };
  const match = /^(\d+)\.(\d+)$/.exec(asked);
  if (!match) return { refusal: 'unparsable', asked };
  const minor = Number(match[2]);
  if (match[1] !== '1' || minor < MIN_MINOR || minor > MAX_MINOR) return { refusal: 'unsupported', asked };
  return { minor };
};

/** `baremetal 1.82`, perhaps among other services: the service's name comes first, so that others' versions are not ours. */
const baremetal = (header: string): string | undefined => {
  const ours = header
    .split(',')
    .map(part => part.trim().split(/\s+/))
    .find(([service]) => service === 'baremetal');
  return ours?.[1];
};
