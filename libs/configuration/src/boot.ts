/** What machines boot from, as configured. */
export interface BootSettings {
  readonly bootServices: boolean;
  readonly bootAddress: string;
  readonly bootHttpPort: number;
  readonly bootHttpUrl?: string;
  readonly bootDhcp: 'none' | 'dnsmasq';
  readonly bootDhcpInterface?: string;
  readonly bootDhcpRange?: string;
}

const allAddresses = ['0.0.0.0', '::'];

/** What does not go together, each in a sentence. */
export const bootFaults = (settings: BootSettings): string[] => {
  const { bootServices, bootAddress, bootHttpPort, bootHttpUrl, bootDhcp, bootDhcpInterface, bootDhcpRange } = settings;
  if (!bootServices) return [];
  const faults: string[] = [];
  if (bootHttpUrl === undefined && (allAddresses.includes(bootAddress) || bootHttpPort === 0))
    faults.push(
      `bootHttpUrl is missing: machines cannot be told to boot from ${bootAddress}, port ${bootHttpPort}; ` +
        'name the address that they reach, there or as bootAddress',
    );
  if (bootDhcp === 'dnsmasq' && (bootDhcpInterface === undefined || bootDhcpRange === undefined))
    faults.push('bootDhcp dnsmasq needs bootDhcpInterface and bootDhcpRange');
  return faults;
};

export const bootHttpUrlOf = ({ bootHttpUrl, bootAddress, bootHttpPort }: BootSettings): string =>
  bootHttpUrl ?? `http://${bootAddress.includes(':') ? `[${bootAddress}]` : bootAddress}:${bootHttpPort}`;
