import { privilegeNumber, type Privilege } from '../../privilege.js';
import { PacketReader } from '../../wire/packet-reader.js';
import { NetFn, type Command } from '../command.js';

/** The channel that the request comes in on. */
const THIS_CHANNEL = 0x0e;
const WANT_IPMI_20_DATA = 0x80;

export interface AuthenticationCapabilities {
  readonly channel: number;
  readonly supportsIpmi15: boolean;
  /** RMCP+, without which this library opens no session. */
  readonly supportsIpmi20: boolean;
  /** True when a BMC key (K_g) is set, which the client must then know too. */
  readonly needsBmcKey: boolean;
  /** User names that are not empty can log in. */
  readonly hasNamedUsers: boolean;
  /** A user with an empty name and a password can log in. */
  readonly hasNullUser: boolean;
  /** A user with neither name nor password can log in. */
  readonly hasAnonymousUser: boolean;
}

export const decodeAuthenticationCapabilities = (data: Buffer): AuthenticationCapabilities => {
  const reader = new PacketReader(data, 'Get Channel Authentication Capabilities');
  const channel = reader.byte();
  const types = reader.byte();
  const status = reader.byte();
  const extended = (types & 0x80) !== 0;
  const versions = reader.remaining > 0 ? reader.byte() : 0;
  return {
    channel,
    supportsIpmi15: !extended || (versions & 0x01) !== 0,
    supportsIpmi20: extended && (versions & 0x02) !== 0,
    needsBmcKey: extended && (status & 0x20) !== 0,
    hasNamedUsers: (status & 0x04) !== 0,
    hasNullUser: (status & 0x02) !== 0,
    hasAnonymousUser: (status & 0x01) !== 0,
  };
};

/** IPMI 2.0, section 22.13; needs no session. */
export const getChannelAuthenticationCapabilities = (privilege: Privilege): Command<AuthenticationCapabilities> => ({
  name: 'Get Channel Authentication Capabilities',
  netFn: NetFn.app,
  code: 0x38,
  data: Buffer.of(WANT_IPMI_20_DATA | THIS_CHANNEL, privilegeNumber(privilege)),
  repeatable: true,
  decode: decodeAuthenticationCapabilities,
});
