/** The inventory of a machine in the shape of Ironic's agent; what is not known is null. */
export interface Inventory {
  readonly interfaces: readonly NetworkInterface[];
  readonly cpu: Cpu;
  readonly disks: readonly Disk[];
  readonly memory: Memory;
  readonly bmc_address: string | null;
  readonly bmc_v6address: string | null;
  readonly bmc_mac: string | null;
  readonly system_vendor: SystemVendor;
  readonly boot: { readonly current_boot_mode: 'bios' | 'uefi'; readonly pxe_interface: string | null };
  readonly hostname: string | null;
}

export interface NetworkInterface {
  readonly name: string;
  readonly mac_address: string;
  readonly ipv4_address: string | null;
  readonly ipv6_address: string | null;
  readonly has_carrier: boolean;
  /** `[type, value as hex]` of each TLV, or null when nothing was asked. */
  readonly lldp: readonly (readonly [number, string])[] | null;
  readonly vendor: string | null;
  readonly product: string | null;
  readonly client_id: string | null;
  readonly biosdevname: string | null;
  readonly speed_mbps: number | null;
  readonly pci_address: string | null;
  readonly driver: string | null;
}

export interface Cpu {
  readonly model_name: string;
  /** MHz, as text. */
  readonly frequency: string | null;
  readonly count: number;
  readonly architecture: string;
  readonly flags: readonly string[];
  readonly socket_count: number | null;
}

export interface Disk {
  /** The device, like `/dev/sda`. */
  readonly name: string;
  readonly model: string;
  /** Bytes. */
  readonly size: number;
  readonly rotational: boolean;
  readonly wwn: string | null;
  readonly serial: string | null;
  readonly vendor: string | null;
  readonly wwn_with_extension: string | null;
  readonly wwn_vendor_extension: string | null;
  readonly hctl: string | null;
  readonly by_path: string | null;
  /** Bytes. */
  readonly logical_sectors: number;
  readonly physical_sectors: number;
  readonly tran: string | null;
}

export interface Memory {
  /** Bytes that the kernel has. */
  readonly total: number;
  /** What is plugged in. */
  readonly physical_mb: number;
}

export interface SystemVendor {
  readonly product_name: string | null;
  readonly serial_number: string | null;
  readonly manufacturer: string | null;
  readonly firmware: {
    readonly vendor: string | null;
    readonly version: string | null;
    readonly build_date: string | null;
  };
}
