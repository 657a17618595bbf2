import type { AuthenticationCapabilities } from '../commands/app/get-channel-authentication-capabilities.js';
import { BmcRefused, BmcUnreachable, CipherSuiteRefused, MalformedPacket } from '../errors.js';
import type { Privilege } from '../privilege.js';
import { cipherSuite, PREFERRED_CIPHER_SUITES, type CipherSuiteId } from '../wire/cipher-suites.js';
import type { PresencePong } from '../wire/presence-ping.js';
import { bmcOver, type Bmc } from './bmc.js';
import { placeOf, settingsOf, type BmcAddress, type ConnectOptions, type Settings } from './connect-options.js';
import { openSession, type Session } from './session.js';
import { ping, readAuthenticationCapabilities, readCipherSuites } from './sessionless.js';
import { openUdpLink, type UdpLink } from './udp-link.js';

/**
 * Opens an RMCP+ session with a BMC. The session is re-opened by itself when the BMC loses it; `close()` it, so that
 * the BMC has its slot back.
 *
 * Without `cipherSuite` the BMC is asked what it offers (Get Channel Cipher Suites), and 17 is taken before 3. That
 * answer is not signed: who must not fall back to SHA-1 says 17.
 *
 * @throws RangeError an option cannot be right
 * @throws BmcUnreachable @throws BmcCredentialsRejected @throws CipherSuiteRefused @throws SessionRefused
 */
export const connect = async (options: ConnectOptions): Promise<Bmc> => {
  const settings = settingsOf(options);
  const link = await openUdpLink(settings.address);
  try {
    await requireIpmi20(link, settings);
    const candidates = settings.cipherSuite ? [settings.cipherSuite] : await suitesToTry(link, settings);
    const session = await openWithFirst(link, settings, candidates);
    return bmcOver({
      link,
      session,
      keepAliveMs: settings.keepAliveMs,
      checkAfterMs: settings.checkAfterMs,
      // The suite that worked is kept: asking again would cost whole time-outs with BMCs that do not list theirs.
      reopen: () => openSession(link, session.suite, settings.credentials, settings.patience),
    });
  } catch (error) {
    await link.close();
    throw error;
  }
};

/** Whether anything speaks RMCP there; needs no credentials. Some BMCs have it switched off. @throws BmcUnreachable */
export const presencePing = (options: BmcAddress): Promise<PresencePong> =>
  overLink(options, (link, patience) => ping(link, patience));

/** What a BMC says of itself to anyone, for the privilege level given. @throws BmcUnreachable @throws BmcRefused */
export const authenticationCapabilities = (
  options: BmcAddress & { readonly privilege?: Privilege },
): Promise<AuthenticationCapabilities> =>
  overLink(options, (link, patience) =>
    readAuthenticationCapabilities(link, options.privilege ?? 'administrator', patience),
  );

const overLink = async <Answer>(
  options: BmcAddress,
  ask: (link: UdpLink, patience: Settings['patience']) => Promise<Answer>,
): Promise<Answer> => {
  const { address, patience } = placeOf(options);
  const link = await openUdpLink(address);
  try {
    return await ask(link, patience);
  } finally {
    await link.close();
  }
};

/** Finds out early, and by name, that a BMC is away or too old. */
const requireIpmi20 = async (link: UdpLink, { credentials, patience }: Settings): Promise<void> => {
  try {
    const { supportsIpmi20 } = await readAuthenticationCapabilities(link, credentials.privilege, patience);
    if (!supportsIpmi20) throw new CipherSuiteRefused(`${link.name} has no cipher suites: it speaks IPMI 1.5 only`);
  } catch (error) {
    // A BMC that refuses to tell, or tells it badly, may still open a session.
    if (!(error instanceof BmcRefused || error instanceof MalformedPacket)) throw error;
  }
};

/** Suites worth trying, best first. A BMC that does not list its suites is tried with all of ours. */
const suitesToTry = async (link: UdpLink, { patience }: Settings): Promise<readonly CipherSuiteId[]> => {
  let offered: number[] | undefined;
  try {
    // One transmission in either format has to do: some BMCs never answer, and this one just has.
    offered = await readCipherSuites(link, { ...patience, retries: Math.min(patience.retries, 1) });
  } catch (error) {
    if (!(error instanceof BmcUnreachable)) throw error;
  }
  if (!offered) return PREFERRED_CIPHER_SUITES;
  const common = PREFERRED_CIPHER_SUITES.filter(id => offered.includes(id));
  if (common.length === 0)
    throw new CipherSuiteRefused(`${link.name} offers cipher suites ${offered.join(', ') || 'none'}, not 17 or 3`);
  return common;
};

const openWithFirst = async (
  link: UdpLink,
  { credentials, patience }: Settings,
  candidates: readonly CipherSuiteId[],
): Promise<Session> => {
  let refusal: unknown;
  for (const id of candidates) {
    try {
      return await openSession(link, cipherSuite(id), credentials, patience);
    } catch (error) {
      // A suite may be listed and still be disabled for this privilege level.
      if (!(error instanceof CipherSuiteRefused)) throw error;
      refusal = error;
    }
  }
  throw refusal;
};
