import { BmcUnreachable, SessionLost } from '#ipmi-js';
import type { Effect, Implementation, Step } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';
import type { BmcAccess } from './bmc-access.js';
import { ipmiDriverInfo, ipmiProperties } from './driver-info.js';

/** Raw commands, and a restart of the BMC. The step is on the list of disallowed ones unless the operator says else. */
export const ipmiVendor = (bmc: BmcAccess): Implementation => {
  const step = sendRawStep(bmc);
  return {
    name: 'ipmitool',
    properties: ipmiProperties,
    driverInfo: ipmiDriverInfo,
    steps: { clean: [step], deploy: [step], service: [step] },
    passthru: {
      send_raw: {
        ...POST,
        effect: 'once',
        description: 'Sends raw bytes to the BMC: raw_bytes, such as "0x00 0x04 0xff". Required.',
      },
      bmc_reset: {
        ...POST,
        effect: 'idempotent',
        description: 'Restarts the BMC: warm where "warm" is true or left out, else cold.',
      },
    },
    actions: {
      async send_raw(effect) {
        await sendRaw(bmc, effect);
        return {};
      },
      async bmc_reset(effect) {
        await reset(bmc, effect);
        return {};
      },
    },
  };
};

const POST = { methods: ['POST'], async: true, attach: false, exclusive: true };

const sendRawStep = (bmc: BmcAccess): Step => ({
  manifest: {
    step: 'send_raw',
    priority: 0,
    effect: 'once',
    requiresRamdisk: false,
    args: { raw_bytes: { description: 'Raw bytes to send to the BMC, such as "0x00 0x04 0xff".', required: true } },
  },
  async run(effect) {
    await sendRaw(bmc, effect);
    return { done: {} };
  },
});

/** Sent once: nobody knows what it does. */
const sendRaw = async (bmc: BmcAccess, effect: Effect): Promise<void> => {
  const { netFn, command, data } = parseRawBytes(effect.args.raw_bytes);
  await bmc.run(effect, bmc => bmc.raw(netFn, command, data, { repeat: false }));
};

/** As ipmitool reads them: network function, command, data; in hexadecimal with 0x, else decimal. */
export const parseRawBytes = (text: unknown): { netFn: number; command: number; data: Uint8Array } => {
  const words = typeof text === 'string' ? text.trim().split(/[\s,]+/) : [];
  const bytes = words.map(word => (/^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(word) ? Number(word) : NaN));
  const [netFn, command, ...data] = bytes;
  if (netFn === undefined || command === undefined || !bytes.every(byte => byte <= 0xff) || netFn > MAX_NET_FN)
    throw new HardwareRefused(
      'raw_bytes must be two bytes or more, such as "0x06 0x01": network function (0 to 0x3f), command, data',
      'Bytes are numbers from 0x00 to 0xff, or from 0 to 255, with blanks between them.',
    );
  return { netFn, command, data: Uint8Array.from(data) };
};

const MAX_NET_FN = 0x3f;

const APP = 0x06;
/** IPMI 2.0, sections 20.2 and 20.3. */
const COLD_RESET = 0x02;
const WARM_RESET = 0x03;

/** A BMC may restart before it answers. Any session with it is over then. */
const reset = async (bmc: BmcAccess, effect: Effect): Promise<void> => {
  const { warm = true } = effect.args;
  const command = /^(false|0|no|off)$/i.test(String(warm)) ? COLD_RESET : WARM_RESET;
  await bmc.run(effect, async bmc => {
    try {
      await bmc.raw(APP, command, undefined, { repeat: false });
    } catch (error) {
      const wentSilent = (error instanceof BmcUnreachable || error instanceof SessionLost) && error.mayHaveRun;
      if (!wentSilent) throw error;
    }
  });
  await bmc.forget(effect);
};
