let count = 0;
const run = Date.now().toString(36);

/** A node as the peer's benchmark enrols it (the same fields, so that both servers store the same). */
export const nodeBody = (more: object = {}): object => {
  const i = ++count;
  return {
    driver: 'fake-hardware',
    name: `bench-${run}-${i}`,
    resource_class: 'baremetal',
    driver_info: { ipmi_address: `10.1.${Math.floor(i / 250) % 250}.${i % 250}`, ipmi_username: 'admin' },
    properties: { cpus: 8, cpu_arch: 'x86_64', memory_mb: 32768, local_gb: 480, capabilities: 'boot_mode:uefi' },
    extra: { rack: `r${i % 40}`, serial: `SN${String(i).padStart(8, '0')}` },
    ...more,
  };
};
