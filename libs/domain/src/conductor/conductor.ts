import type { Aggregate, AggregateState } from '../aggregate.js';
import { evolved } from '../aggregate.js';
import type { EventDataByType } from '../generated/events.js';
import type { Bag } from '../node/node.js';

/** A conductor as it registered. Whether it lives is telemetry and no event (design 12). */
export interface ConductorRecord extends AggregateState {
  readonly host: string;
  readonly registered: {
    readonly conductorGroup: string;
    readonly hardwareTypes: readonly string[];
    readonly manifest: Bag;
    readonly at: string;
  } | null;
  readonly createdPosition: number;
  readonly createdAt: string | null;
}

export interface RegisterConductor {
  readonly type: 'RegisterConductor';
  readonly conductorGroup: string;
  readonly hardwareTypes: readonly string[];
  /** Reference to the blob with what its drivers offer: the same content has the same reference. */
  readonly manifest: Bag;
}

export const conductorAggregate: Aggregate<ConductorRecord, RegisterConductor> = {
  stream: host => `conductor-${host}`,

  initial: host => ({
    host,
    registered: null,
    createdPosition: 0,
    createdAt: null,
    revision: -1,
    commands: [],
    readableBy: 1,
  }),

  /** A start that changes nothing about the drivers records nothing. */
  decide({ conductorGroup, hardwareTypes, manifest }, { host, registered }) {
    const same =
      registered?.conductorGroup === conductorGroup &&
      JSON.stringify([registered.hardwareTypes, registered.manifest]) === JSON.stringify([hardwareTypes, manifest]);
    return same ? [] : [{ type: 'ConductorRegistered', data: { host, conductorGroup, hardwareTypes, manifest } }];
  },

  evolve(conductor, event) {
    if (event.type !== 'ConductorRegistered') return { ...conductor, ...evolved(conductor, event) };
    const { conductorGroup, hardwareTypes, manifest } = event.data as EventDataByType['ConductorRegistered'];
    return {
      ...conductor,
      registered: { conductorGroup, hardwareTypes, manifest, at: event.recorded },
      createdPosition: conductor.createdPosition || event.position,
      createdAt: conductor.createdAt ?? event.recorded,
      ...evolved(conductor, event),
    };
  },
};
