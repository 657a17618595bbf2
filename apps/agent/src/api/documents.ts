const link = (href: string, rel: string, type?: string) => ({ href, rel, ...(type && { type }) });
const documentation = 'https://docs.openstack.org/ironic-python-agent/';

const version = (base: string) => ({
  id: 'v1',
  links: [link(`${base}/v1`, 'self'), link(documentation, 'describedby', 'text/html')],
});

export const rootDocument = (base: string) => ({
  name: 'Ferrolog agent API',
  description: "Ferrolog's ramdisk agent; it speaks the protocol of OpenStack Ironic's agent",
  versions: [version(base)],
  default_version: version(base),
});

export const versionDocument = (base: string) => ({
  id: 'v1',
  links: [link(`${base}/v1/`, 'self'), link(documentation, 'describedby', 'text/html')],
  commands: [link(`${base}/v1/commands/`, 'self'), link(`${base}/commands/`, 'bookmark')],
  status: [link(`${base}/v1/status/`, 'self'), link(`${base}/status/`, 'bookmark')],
  media_types: [{ base: 'application/json', type: 'application/vnd.openstack.ironic-python-agent.v1+json' }],
});
