import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkInterface } from '../hardware/inventory/inventory.js';

/** Waits until an interface has an address for at most that long. */
export const networkIsReady = async (
  list: () => Promise<readonly NetworkInterface[]>,
  timeoutMs: number,
): Promise<boolean> => {
  for (const end = Date.now() + timeoutMs; ; await sleep(200)) {
    const interfaces = await list();
    if (interfaces.some(one => one.ipv4_address !== null || one.ipv6_address !== null)) return true;
    if (Date.now() >= end) return false;
  }
};
