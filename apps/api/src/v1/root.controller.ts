import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Minor } from '#ironic';
import { MAX_MINOR, MIN_MINOR } from '#ironic';

/** Collections that there are, by the version that brought them (Ironic API reference). Others answer 404. */
const collections: Readonly<Record<string, Minor>> = {
  chassis: 1,
  nodes: 1,
  ports: 1,
  drivers: 1,
  lookup: 22,
  heartbeat: 22,
  conductors: 49,
};

/** Discovery: needs no account and no version. */
@Controller()
export class RootController {
  @Get()
  root(@Req() { context: { base } }: FastifyRequest, @Res() reply: FastifyReply): void {
    const version = versionOf(base);
    void reply.send({
      name: 'OpenStack Ironic API',
      description:
        'Ironic is an OpenStack project which enables the provision and management of baremetal machines. This server is Ferrolog.',
      default_version: version,
      versions: [version],
    });
  }

  @Get('v1')
  v1(@Req() { context: { base, minor } }: FastifyRequest, @Res() reply: FastifyReply): void {
    const version = versionOf(base);
    void reply.send({
      id: 'v1',
      links: [
        { href: `${base}/v1/`, rel: 'self' },
        {
          href: 'https://docs.openstack.org/ironic/latest/contributor/webapi.html',
          rel: 'describedby',
          type: 'text/html',
        },
      ],
      media_types: { base: 'application/json', type: 'application/vnd.openstack.ironic.v1+json' },
      version,
      ...Object.fromEntries(
        Object.entries(collections)
          .filter(([, since]) => since <= minor)
          .map(([name]) => [
            name,
            [
              { href: `${base}/v1/${name}/`, rel: 'self' },
              { href: `${base}/${name}/`, rel: 'bookmark' },
            ],
          ]),
      ),
    });
  }
}

const versionOf = (base: string) => ({
  id: 'v1',
  links: [{ href: `${base}/v1/`, rel: 'self' }],
  status: 'CURRENT',
  min_version: `1.${MIN_MINOR}`,
  version: `1.${MAX_MINOR}`,
});
