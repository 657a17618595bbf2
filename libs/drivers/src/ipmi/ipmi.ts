import type { AgentInterfaces } from '../agent/agent-interfaces.js';
import { agentInterfaces } from '../agent/agent-interfaces.js';
import type { HardwareType, Implementation } from '../hardware-type.js';
import { missing } from '../hardware-type.js';
import { flatNetwork, noopNetwork } from '../network/networks.js';
import { noopManagement, noopStorage } from '../noop/noop.js';
import { BmcAccess, type Patience } from './bmc-access.js';
import { BmcPool } from './bmc-pool.js';
import { bootUnaided, deployByPower } from './deploy-by-power.js';
import { ipmiManagement } from './ipmi-management.js';
import { ipmiPower } from './ipmi-power.js';
import { ipmiVendor } from './ipmi-vendor.js';

export interface IpmiOptions {
  /** Boot and deploy interfaces `fake`, and that as the default: nothing is written to the machine's disk. */
  readonly fakeDeploy: boolean;
  /** None are driven where it is left out. */
  readonly agents?: AgentInterfaces;
  readonly patience?: Patience;
}

/** Machines with a BMC that speaks IPMI 2.0 over LAN. Implementations are named as Ironic's clients send them. */
export const ipmi = ({ fakeDeploy, agents = agentInterfaces(undefined), patience }: IpmiOptions): HardwareType => {
  const pool = new BmcPool();
  const bmc = new BmcAccess(pool, patience);
  const power = ipmiPower(bmc);
  const management = ipmiManagement(bmc);
  const onlyFake = (implementation: Implementation) => (fakeDeploy ? [implementation] : []);
  return {
    name: 'ipmi',
    publicKeys: [],
    interfaces: {
      bios: [missing('bios')],
      boot: [...onlyFake(bootUnaided), ...agents.boot],
      console: [missing('console')],
      deploy: [...onlyFake(deployByPower(power, management)), ...agents.deploy],
      firmware: [missing('firmware')],
      inspect: [missing('inspect'), agents.inspect],
      management: [management, noopManagement],
      network: [flatNetwork, noopNetwork],
      power: [power],
      raid: [missing('raid'), agents.raid],
      rescue: [missing('rescue'), agents.rescue],
      storage: [noopStorage],
      vendor: [ipmiVendor(bmc), missing('vendor')],
    },
    close: () => pool.close(),
  };
};
