/**
 * What a machine needs to boot over the network: files and scripts that the boot services of this conductor serve to
 * it by TFTP, HTTP and DHCP options. Holds what is prepared until it is withdrawn, over restarts of the process too.
 */
export interface BootServices {
  /**
   * From now on the machine boots this, whatever it was to boot before. May be called again: the same leaves the same.
   * Answers when everything can be fetched.
   *
   * @throws Problem boot.not-prepared when kernel or ramdisk cannot be had
   */
  prepare(boot: NetworkBoot): Promise<void>;
  /** The machine boots nothing from here any more. Nothing prepared: nothing happens. */
  withdraw(nodeId: string): Promise<void>;
  /** Nodes that something is prepared for: what no operation of theirs needs any more is to be withdrawn. */
  prepared(): Promise<readonly string[]>;
}

export interface NetworkBoot {
  readonly nodeId: string;
  /** MAC addresses it may boot from, in lower case with colons; at least one. */
  readonly addresses: readonly string[];
  /** `pxe`: boot loader by TFTP. `ipxe`: iPXE by TFTP, then HTTP. `http`, `http-ipxe`: the same by UEFI HTTP boot. */
  readonly method: 'pxe' | 'ipxe' | 'http' | 'http-ipxe';
  readonly bootMode: 'bios' | 'uefi';
  /** URLs: http, https or file. */
  readonly kernel: string;
  readonly ramdisk: string;
  /**
   * Words of the kernel command line, in order, each `name=value` or `name`. The services append `BOOTIF=` with the MAC
   * address that booted, and what their boot loader needs (`initrd=`).
   */
  readonly parameters: readonly string[];
}
