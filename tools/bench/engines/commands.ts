import { randomUUID } from 'node:crypto';
import { CommandHandler, Content, nodePreparation, rootCause } from '#command-handler';
import type { BlobStore, EventStore, NodeCommand } from '#domain';
import { defaultDecisionSettings, nodeAggregate } from '#domain';
import { Drivers, FakeMemory, FleetCatalog, hardwareTypes } from '#drivers';
import { EventRegistry } from '#schemas';
import { Sealer, SqliteKeyStore } from '#secrets';
import { pump } from '../client.js';
import { nodeBody } from '../node-body.js';
import { type Appending } from './race.js';
import { realClock } from './real-clock.js';

const HOST = 'conductor-1';

/** Enrols nodes as an API does it behind its HTTP: each is loaded, decided on and appended. Nothing is sealed. */
export const commandAppending = (store: EventStore & BlobStore, folder: string): Appending => {
  const keys = new SqliteKeyStore(`${folder}/${randomUUID()}.sqlite`, Buffer.alloc(32, 42));
  const content = new Content(new Sealer(keys, store), store);
  const catalog = new FleetCatalog();
  const drivers = new Drivers(
    hardwareTypes({ hardwareTypes: ['fake-hardware'], ipmiFakeDeploy: false }, new FakeMemory()),
  );
  catalog.put({ host: HOST, conductorGroup: '', manifests: drivers.manifests() });
  const ports = {
    store,
    clock: realClock,
    registry: new EventRegistry(),
    codeVersion: 'bench',
    sealOrigin: async () => undefined,
  };
  const nodes = new CommandHandler(ports, {
    aggregate: nodeAggregate,
    context: (cause, now) => ({
      now,
      commandId: cause.commandId,
      settings: defaultDecisionSettings,
      catalog,
      owner: () => HOST,
      underWay: () => ({ deploying: 0, cleaning: 0 }),
    }),
    ...nodePreparation(content, catalog),
  });
  const { properties, extra, resource_class } = nodeBody() as Record<string, object>;
  const enrol = (uuid: string) => {
    const attributes = { driver: 'fake-hardware', properties, extra, resource_class };
    const command = { type: 'EnrolNode', nodeId: uuid, data: { attributes, provisionState: 'enroll' } };
    const cause = rootCause(randomUUID(), { kind: 'user', id: 'operator', roles: ['admin'] });
    return nodes.handle(uuid, command as unknown as NodeCommand, cause);
  };
  return (events, underWay) => pump(events, underWay, async () => void (await enrol(randomUUID())));
};
