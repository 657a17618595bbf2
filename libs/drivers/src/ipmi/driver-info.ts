import type { ConnectOptions, Privilege } from '#ipmi-js';
import type { Bag } from '#domain';
import { driverInfoRefusal } from '../driver-info-refusal.js';
import { HardwareRefused } from '../hardware-type.js';

/** What an operator says about a machine's BMC, by Ironic's names (Ironic, hardware types). */

const PORT = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';
const TRUTH = ['true', 'True', 'TRUE', 'yes', 'Yes', 'on', 'On', '1', 't', 'y'];
const FALSEHOOD = ['false', 'False', 'FALSE', 'no', 'No', 'off', 'Off', '0', 'f', 'n'];

const truth = (name: string): Bag => ({
  enum: [true, false, 1, 0, ...TRUTH, ...FALSEHOOD],
  errorMessage: `driver_info ${name} must be true or false`,
});

/**
 * JSON Schema of driver_info. Clients write numbers as numbers and as texts. Secrets are sealed objects where the API
 * validates, and texts where the driver does, just before it talks to the BMC.
 */
export const ipmiDriverInfo: Bag = {
  type: 'object',
  required: ['ipmi_address'],
  properties: {
    ipmi_address: {
      type: 'string',
      pattern: '^[^\\s/]+$',
      errorMessage: 'driver_info ipmi_address must be the name or the IP address of the BMC, without scheme or port',
    },
    ipmi_port: {
      type: ['integer', 'string'],
      minimum: 1,
      maximum: 65_535,
      pattern: PORT,
      errorMessage: 'driver_info ipmi_port must be a port from 1 to 65535',
    },
    ipmi_username: {
      type: ['string', 'integer', 'object'],
      errorMessage: 'driver_info ipmi_username must be a text',
    },
    ipmi_password: {
      type: ['string', 'number', 'object'],
      errorMessage: 'driver_info ipmi_password must be a text',
    },
    ipmi_priv_level: {
      enum: ['CALLBACK', 'USER', 'OPERATOR', 'ADMINISTRATOR'],
      errorMessage: 'driver_info ipmi_priv_level must be one of CALLBACK, USER, OPERATOR, ADMINISTRATOR',
    },
    ipmi_cipher_suite: {
      enum: [3, 17, '3', '17'],
      errorMessage: 'driver_info ipmi_cipher_suite must be 3 or 17: no other cipher suite is supported here',
    },
    ipmi_hex_kg_key: {
      type: ['string', 'object'],
      pattern: '^([0-9a-fA-F]{2}){1,20}$',
      errorMessage: 'driver_info ipmi_hex_kg_key must be an even number of hexadecimal digits, 40 at most',
    },
    ipmi_protocol_version: {
      enum: ['2.0', '2', 2],
      errorMessage: 'driver_info ipmi_protocol_version must be 2.0: sessions of IPMI 1.5 are not supported here',
    },
    ipmi_bridging: {
      const: 'no',
      errorMessage: 'driver_info ipmi_bridging must be "no": single and dual bridging are not supported here',
    },
    ipmi_force_boot_device: truth('ipmi_force_boot_device'),
    ipmi_disable_boot_timeout: truth('ipmi_disable_boot_timeout'),
  },
};

export const ipmiProperties: Readonly<Record<string, string>> = {
  ipmi_address: 'IP address or host name of the BMC. Required.',
  ipmi_port: 'UDP port of the BMC; 623 where it is left out. Optional.',
  ipmi_username: 'User name; the null user where it is left out. Optional.',
  ipmi_password: "The user's password. Optional.",
  ipmi_priv_level:
    'Privilege level of the session: CALLBACK, USER, OPERATOR or ADMINISTRATOR; ADMINISTRATOR where it is left out. Optional.',
  ipmi_cipher_suite:
    'Cipher suite: 3 or 17. Where it is left out the BMC is asked, and 17 is taken before 3. Optional.',
  ipmi_hex_kg_key: 'The BMC key K_g in hexadecimal, where the BMC has one; an even number of digits. Optional.',
  ipmi_protocol_version: 'Version of IPMI: 2.0, the only one supported here. Optional.',
  ipmi_bridging: 'Bridging of requests: "no", the only one supported here. Optional.',
};

export const bootDeviceProperties: Readonly<Record<string, string>> = {
  ipmi_force_boot_device:
    'Whether the boot device is set again each time before power goes on, for BMCs that forget it; false where it is left out. Optional.',
  ipmi_disable_boot_timeout:
    'Whether the BMC is told to keep a boot device for longer than 60 seconds; true where it is left out. Optional.',
};

/**
 * How to connect to the BMC, from driver_info in the clear.
 *
 * @throws HardwareRefused with what is wrong in driver_info; values are never in it
 */
export const connectOptionsOf = (driverInfo: Bag): ConnectOptions => {
  const refusal = driverInfoRefusal(ipmiDriverInfo, driverInfo);
  if (refusal !== undefined) throw new HardwareRefused(refusal, CORRECT_DRIVER_INFO);
  const text = (name: string): string | undefined =>
    driverInfo[name] === undefined ? undefined : String(driverInfo[name]);
  const suite = text('ipmi_cipher_suite');
  return {
    host: text('ipmi_address')!,
    port: Number(text('ipmi_port') ?? 623),
    username: text('ipmi_username'),
    password: text('ipmi_password'),
    kg: text('ipmi_hex_kg_key'),
    privilege: (text('ipmi_priv_level') ?? 'ADMINISTRATOR').toLowerCase() as Privilege,
    cipherSuite: suite === undefined ? undefined : suite === '3' ? 3 : 17,
  };
};

export const CORRECT_DRIVER_INFO = 'Correct it by "baremetal node set NODE --driver-info KEY=VALUE", then try again.';

export const forcesBootDevice = ({ ipmi_force_boot_device: value }: Bag): boolean => isTrue(value ?? false);
export const disablesBootTimeout = ({ ipmi_disable_boot_timeout: value }: Bag): boolean => isTrue(value ?? true);

const isTrue = (value: unknown): boolean => value === true || value === 1 || TRUTH.includes(value as string);
