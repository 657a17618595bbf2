import type { Aggregate, AggregateState } from '../aggregate.js';
import { evolved } from '../aggregate.js';
import type { EventDataByType } from '../generated/events.js';
import type { Bag } from '../node/node.js';
import type { RecordedEvent } from '../ports/event-store.js';
import { Problem } from '../problem.js';

/** A group of nodes, as an operator likes to see them. */
export interface Chassis extends AggregateState {
  readonly uuid: string;
  readonly present: boolean;
  readonly description: string | null;
  readonly extra: Bag;
  readonly createdPosition: number;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export type ChassisCommand =
  | { readonly type: 'CreateChassis'; readonly description: string | null; readonly extra: Bag }
  | { readonly type: 'ChangeChassis'; readonly changes: Bag }
  | {
      readonly type: 'DeleteChassis';
      /** Looked up before it is decided on. */
      readonly hasNodes: boolean;
    };

export const chassisAggregate: Aggregate<Chassis, ChassisCommand> = {
  stream: uuid => `chassis-${uuid}`,

  initial: uuid => ({
    uuid,
    present: false,
    description: null,
    extra: {},
    createdPosition: 0,
    createdAt: null,
    updatedAt: null,
    revision: -1,
    commands: [],
    readableBy: 1,
  }),

  decide(command, chassis) {
    if (command.type === 'CreateChassis') {
      const { description, extra } = command;
      if (chassis.present) throw exists(chassis.uuid);
      return [{ type: 'ChassisCreated', data: { uuid: chassis.uuid, description, extra } }];
    }
    if (!chassis.present) throw chassisMissing(chassis.uuid);
    if (command.type === 'DeleteChassis') {
      if (command.hasNodes) throw notEmpty(chassis.uuid);
      return [{ type: 'ChassisDeleted', data: {} }];
    }
    const current: Bag = { description: chassis.description, extra: chassis.extra };
    const changed = Object.entries(command.changes).filter(
      ([name, value]) => JSON.stringify(current[name]) !== JSON.stringify(value),
    );
    return changed.length > 0 ? [{ type: 'ChassisChanged', data: { changes: Object.fromEntries(changed) } }] : [];
  },

  evolve: (chassis, event) => ({ ...chassis, ...changeBy(chassis, event), ...evolved(chassis, event) }),
};

const changeBy = (chassis: Chassis, event: RecordedEvent): Partial<Chassis> => {
  switch (event.type) {
    case 'ChassisCreated': {
      const { description = null, extra = {} } = event.data as EventDataByType['ChassisCreated'];
      const created = { createdPosition: event.position, createdAt: event.recorded };
      return { present: true, description, extra, ...created, updatedAt: null };
    }
    case 'ChassisChanged':
      return { ...(event.data as EventDataByType['ChassisChanged']).changes, updatedAt: event.recorded };
    case 'ChassisDeleted':
      return { ...chassisAggregate.initial(chassis.uuid) };
    default:
      return {};
  }
};

export const chassisMissing = (uuid: string): Problem =>
  new Problem({
    code: 'chassis.missing',
    title: 'There is no such chassis',
    detail: `Chassis ${uuid} could not be found.`,
  });
const exists = (uuid: string): Problem =>
  new Problem({
    code: 'chassis.exists',
    title: 'The chassis is there already',
    detail: `A chassis with UUID ${uuid} already exists.`,
  });
const notEmpty = (uuid: string): Problem =>
  new Problem({
    code: 'chassis.not-empty',
    title: 'The chassis has nodes',
    detail: `Cannot complete the requested action because chassis ${uuid} contains nodes.`,
    hint: 'Take its nodes out first.',
  });
