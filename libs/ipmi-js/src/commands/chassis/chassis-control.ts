import { NetFn, type Command } from '../command.js';

/** In the order of their numbers (IPMI 2.0, section 28.3, table 28-4). */
export const CHASSIS_ACTIONS = [
  'power down',
  'power up',
  'power cycle',
  'hard reset',
  'diagnostic interrupt',
  'soft shutdown',
] as const;

/**
 * - `power down`: off at once, without asking the operating system;
 * - `power cycle`: off for at least a second, then on; most BMCs refuse it (D5h) while power is off;
 * - `diagnostic interrupt`: NMI, for a dump;
 * - `soft shutdown`: asks the operating system by ACPI; power goes off when, and if, it obeys.
 *
 * An answer means that the BMC took the request: read the chassis status to learn when it has come true.
 */
export type ChassisAction = (typeof CHASSIS_ACTIONS)[number];

/** Asked for twice, these end as if asked for once; a second cycle, reset, interrupt or button press is a second one. */
const REPEATABLE: readonly ChassisAction[] = ['power up', 'power down'];

export const chassisControl = (action: ChassisAction): Command<void> => ({
  name: `Chassis Control (${action})`,
  netFn: NetFn.chassis,
  code: 0x02,
  data: Buffer.of(CHASSIS_ACTIONS.indexOf(action)),
  repeatable: REPEATABLE.includes(action),
  decode: () => undefined,
});
