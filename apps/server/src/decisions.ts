import type { Cause } from '#command-handler';
import { CommandHandler, Content, nodePreparation } from '#command-handler';
import type { Configuration } from '#configuration';
import { VERSION } from '#configuration';
import type { Clock, Surroundings } from '#domain';
import {
  chassisAggregate,
  conductorAggregate,
  nodeAggregate,
  uuidOfNodeStream,
  webhookAggregate,
  workTopic,
} from '#domain';
import { FleetCatalog } from '#drivers';
import { EventRegistry } from '#schemas';
import { Sealer } from '#secrets';
import type { Engines } from './engines/engines.js';
import { expectedOwner } from './expected-owner.js';
import { originSealer } from './seal-origin.js';

export type Decisions = ReturnType<typeof decisionsOn>;

/** Everything that decides: the same in every process, whatever the engines are. */
export const decisionsOn = ({ store, keys, log, readSide }: Engines, { decisions }: Configuration, clock: Clock) => {
  const sealer = new Sealer(keys, store);
  const content = new Content(sealer, store);
  const catalog = new FleetCatalog();
  /** Host of the conductor that owns the node by the ring, as far as is known here. */
  const ownerOf = (group: string, driver: string, uuid: string) => log.ownerOf(workTopic(group, driver), uuid);
  let isOwnerKnown = false;
  void log.ownersSeen().then(() => (isOwnerKnown = true));
  /** A process that begins while the work log is away has to do without it: commands need the event store alone. */
  const ownerForNow = (group: string, driver: string, uuid: string) =>
    isOwnerKnown
      ? undefined
      : expectedOwner(catalog.hostsOf(driver, group), log.partitionOf(uuid), log.partitionsPerTopic);
  const surroundings = (cause: Cause, now: string): Surroundings => ({
    now,
    commandId: cause.commandId,
    settings: decisions,
    catalog,
    owner: ({ uuid, attributes: { conductor_group: group, driver } }) =>
      ownerOf(group, driver, uuid) ?? ownerForNow(group, driver, uuid),
    underWay: () => ({
      deploying: readSide.nodesIn('deploying', 'wait call-back'),
      cleaning: readSide.nodesIn('deleting', 'cleaning', 'clean wait'),
    }),
  });
  const ports = { store, clock, registry: new EventRegistry(), codeVersion: VERSION, sealOrigin: originSealer(sealer) };
  return {
    content,
    catalog,
    ownerOf,
    nodes: new CommandHandler(ports, {
      aggregate: nodeAggregate,
      context: surroundings,
      ...nodePreparation(content, catalog),
      ofStream: stream => (stream.startsWith('node-') ? uuidOfNodeStream(stream) : undefined),
    }),
    chassis: new CommandHandler(ports, { aggregate: chassisAggregate, context: () => ({}) }),
    conductors: new CommandHandler(ports, { aggregate: conductorAggregate, context: () => ({}) }),
    webhooks: new CommandHandler(ports, { aggregate: webhookAggregate, context: () => ({}) }),
  };
};
