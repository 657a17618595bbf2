import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DriverManifest, InterfaceType } from '#domain';
import { interfaceTypes } from '#domain';
import type { Minor } from '#ironic';
import { badRequest, notAcceptable, notFound } from '../http/ironic-error.js';
import { Query, requestedFields } from '../http/queries.js';
import { API_PORTS, type ApiPorts } from '../ports.js';

/** First version that shows an interface of a driver (Ironic API reference). */
const interfaceSince: Readonly<Partial<Record<InterfaceType, Minor>>> = {
  storage: 33,
  rescue: 38,
  bios: 40,
  firmware: 86,
};

/** `/v1/drivers`: what the live conductors can drive. */
@Controller('v1/drivers')
export class DriversController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { minor } = request.context;
    const query = new Query(request, minor);
    const type = query.text('type', 30);
    const detail = query.boolean('detail', 30) ?? false;
    const fields = requestedFields(query, minor, name => (minor >= 77 ? driverFieldSince(name) : undefined));
    query.refuseOthers();
    if (type !== undefined && type !== 'classic' && type !== 'dynamic')
      throw badRequest('Driver type must be "classic" or "dynamic".');
    if (detail && fields) throw badRequest("Can't fetch a subset of fields with 'detail' set");
    const drivers = type === 'classic' ? [] : this.ports.catalog.drivers();
    void reply.send({
      drivers: drivers.map(driver => shown(this.#body(driver, request, detail || fields !== undefined), fields)),
    });
  }

  @Get(':name')
  show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { minor } = request.context;
    const query = new Query(request, minor);
    const fields = requestedFields(query, minor, name => (minor >= 77 ? driverFieldSince(name) : undefined));
    query.refuseOthers();
    void reply.send(shown(this.#body(this.#require(request), request, minor >= 30), fields));
  }

  @Get(':name/properties')
  properties(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { manifest } = this.#require(request);
    const all = interfaceTypes.flatMap(type => manifest.interfaces[type]).filter(({ enabled }) => enabled);
    void reply.send(Object.assign({}, ...all.map(({ properties }) => properties)));
  }

  @Get(':name/raid/logical_disk_properties')
  raidProperties(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (request.context.minor < 12) throw notAcceptable('RAID needs API version 1.12.');
    const { manifest } = this.#require(request);
    if (!manifest.interfaces.raid.some(({ missing }) => !missing))
      throw notFound(`Driver ${manifest.hardwareType} has no RAID.`);
    void reply.send(logicalDiskProperties);
  }

  @Get(':name/vendor_passthru/methods')
  passthruMethods(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#require(request);
    void reply.send({});
  }

  #require(request: FastifyRequest) {
    const { name } = request.params as { name: string };
    const driver = this.ports.catalog.drivers().find(({ manifest }) => manifest.hardwareType === name);
    if (!driver) throw notFound(`Could not find the following driver(s) or hardware type(s): ${name}.`);
    return driver;
  }

  #body(
    { manifest, hosts }: ReturnType<DriversController['ports']['catalog']['drivers']>[number],
    request: FastifyRequest,
    detail: boolean,
  ): Record<string, unknown> {
    const { minor, base } = request.context;
    const { hardwareType: name } = manifest;
    return {
      name,
      hosts,
      links: driverLinks(base, name),
      ...(minor >= 14 && { properties: driverLinks(base, `${name}/properties`) }),
      ...(minor >= 30 && { type: 'dynamic' }),
      ...(detail && minor >= 30 && interfacesOf(manifest, minor)),
    };
  }
}

const driverFieldSince = (name: string): Minor | undefined => {
  if (['name', 'hosts', 'links'].includes(name)) return 1;
  if (name === 'properties') return 14;
  if (name === 'type') return 30;
  const type = /^(?:default|enabled)_([a-z]+)_interfaces?$/.exec(name)?.[1] as InterfaceType | undefined;
  return type && interfaceTypes.includes(type) ? (interfaceSince[type] ?? 30) : undefined;
};

const shown = (body: Record<string, unknown>, fields: readonly string[] | undefined): object =>
  fields ? Object.fromEntries([...new Set([...fields, 'links'])].map(name => [name, body[name] ?? null])) : body;

const interfacesOf = ({ interfaces }: DriverManifest, minor: Minor): object =>
  Object.fromEntries(
    interfaceTypes
      .filter(type => (interfaceSince[type] ?? 30) <= minor)
      .flatMap(type => {
        const enabled = interfaces[type].filter(implementation => implementation.enabled).map(({ name }) => name);
        return [
          [`default_${type}_interface`, enabled[0] ?? null],
          [`enabled_${type}_interfaces`, enabled],
        ];
      }),
  );

const driverLinks = (base: string, path: string) => [
  { href: `${base}/v1/drivers/${path}`, rel: 'self' },
  { href: `${base}/drivers/${path}`, rel: 'bookmark' },
];

/** What can be said of a logical disk (Ironic API reference). */
const logicalDiskProperties = {
  raid_level: 'RAID level for the logical disk. Valid values are 0, 1, 2, 5, 6, 1+0, 5+0, 6+0 and JBOD. Required.',
  size_gb: 'Size of the logical disk in GiB, or MAX for all that is there. Required.',
  is_root_volume: 'Whether the logical disk is the root volume. One at most. Optional.',
  volume_name: 'Name of the logical disk. Optional.',
  controller: 'Controller to use. Optional.',
  physical_disks: 'Physical disks to use. Optional.',
  number_of_physical_disks: 'Number of physical disks to use. Optional.',
  disk_type: 'hdd or ssd. Optional.',
  interface_type: 'sas, scsi or sata. Optional.',
  share_physical_disks: 'Whether other logical disks may use the same physical disks. Optional.',
};
