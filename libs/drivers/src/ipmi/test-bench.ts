import { afterEach } from '@jest/globals';
import type { BmcSimulator, BmcSimulatorOptions } from '#ipmi-js';
import { createBmcSimulator } from '#ipmi-js';
import type { Bag } from '#domain';
import type { FastClock } from '../contracts/an-effect.js';
import { aFastClock, aNode, anEffect } from '../contracts/an-effect.js';
import type { Effect, HardwareType, Implementation } from '../hardware-type.js';
import { ipmi, type IpmiOptions } from './ipmi.js';

/** What the specifications of the driver have in common: a simulated BMC, the driver, and effects on its node. */
export const PASSWORD = 'correct horse';
const KG = 'a0b1c2d3e4f5';

export interface Bench {
  readonly bmc: BmcSimulator;
  readonly driver: HardwareType;
  readonly clock: FastClock;
  readonly driverInfo: Bag;
  readonly secrets: readonly string[];
  /** The first implementation of the interface. */
  readonly power: Implementation;
  readonly management: Implementation;
  readonly vendor: Implementation;
  readonly deploy: Implementation;
  effect(args?: Bag, given?: Partial<Effect>): Effect;
  close(): Promise<void>;
}

const toClose: { close(): Promise<void> }[] = [];
/** Registers the end of what `aBench` gives. */
export const closeBenches = (): void =>
  afterEach(async () => {
    for (const bench of toClose.splice(0)) await bench.close();
  });

/** Time is simulated, the network is not; answers are waited for `timeoutMs` three times. */
export const aBench = async (
  bmcOptions: Partial<BmcSimulatorOptions> = {},
  options: Partial<IpmiOptions> = {},
): Promise<Bench> => {
  const clock = aFastClock();
  const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
  const bmc = await createBmcSimulator({ users: { admin: PASSWORD }, kg: KG, after, ...bmcOptions });
  const driver = ipmi({ fakeDeploy: true, patience: { timeoutMs: 50, retries: 2 }, ...options });
  const driverInfo = {
    ipmi_address: bmc.host,
    ipmi_port: String(bmc.port),
    ipmi_username: 'admin',
    ipmi_password: PASSWORD,
    ipmi_hex_kg_key: KG,
  };
  const bench = {
    bmc,
    driver,
    clock,
    driverInfo,
    secrets: [PASSWORD, KG],
    power: driver.interfaces.power[0]!,
    management: driver.interfaces.management[0]!,
    vendor: driver.interfaces.vendor[0]!,
    deploy: driver.interfaces.deploy[0]!,
    effect: (args: Bag = {}, given: Partial<Effect> = {}) =>
      anEffect({ node: aNode(), driverInfo, args, clock, ...given }),
    async close() {
      await driver.close!();
      await bmc.close();
    },
  };
  toClose.push(bench);
  return bench;
};
