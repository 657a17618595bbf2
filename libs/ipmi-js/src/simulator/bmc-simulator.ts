import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { parseKg } from '../client/connect-options.js';
import type { BootDevice, BootFlags } from '../commands/chassis/boot-flags.js';
import type { Power } from '../commands/chassis/get-chassis-status.js';
import { MalformedPacket } from '../wire/malformed-packet.js';
import { PREFERRED_CIPHER_SUITES, type CipherSuiteId } from '../wire/cipher-suites.js';
import { createBootOptions } from './boot-options.js';
import type { SimulatedBmc, SimulatedDeviceId } from './command-table.js';
import { createFaults, type Fault, type Faults } from './faults.js';
import { createMachine, type MachineEvents } from './machine.js';
import { readRequest } from './requests.js';
import { createSessionTable, type SimulatedUser } from './session-table.js';
import { realTimers, type After } from './timers.js';

export interface BmcSimulatorOptions extends MachineEvents {
  /** Users by name; a string is the password of an administrator. */
  readonly users: Readonly<Record<string, string | SimulatedUser>>;
  /** Default 17 and 3. */
  readonly cipherSuites?: readonly CipherSuiteId[];
  /** BMC key in hexadecimal; default none. */
  readonly kg?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 'off'. */
  readonly power?: Power;
  /** Default: not valid. */
  readonly bootFlags?: Partial<BootFlags> & { readonly device?: BootDevice };
  /** 16 bytes in hexadecimal; default random. */
  readonly guid?: string;
  readonly deviceId?: Partial<SimulatedDeviceId>;
  /** Default 0: an operating system that shuts down at once. */
  readonly softShutdownMs?: number;
  /** Time that power stays off in a power cycle; default 0. */
  readonly powerCycleMs?: number;
  /** Default 60,000 (IPMI 2.0, table 6-7). */
  readonly sessionTimeoutMs?: number;
  /** Default 60,000 (IPMI 2.0, section 28.12). */
  readonly bootFlagsTimeoutMs?: number;
  /** Half-open ones included; default 32. */
  readonly maxSessions?: number;
  /** Timers, where time is simulated; default real ones. */
  readonly after?: After;
}

/** A BMC on UDP with a machine behind it, to test and to demonstrate with. Not hardened: loopback only. */
export interface BmcSimulator {
  readonly host: string;
  readonly port: number;
  readonly power: Power;
  readonly bootFlags: BootFlags;
  /** Every start of the machine, with the boot flags that its BIOS found. */
  readonly boots: readonly BootFlags[];
  readonly diagnosticInterrupts: number;
  /** How often each request was carried out, by the specification's name; also what was refused. */
  readonly counts: Readonly<Record<string, number>>;
  /** Sessions whose handshake is complete. */
  readonly openSessions: number;
  /** Someone presses the power button. */
  switchPower(power: Power): void;
  setBootFlags(flags: NonNullable<BmcSimulatorOptions['bootFlags']>): void;
  /** Makes something go wrong; the answer takes it back. */
  inject(fault: Fault): () => void;
  clearFaults(): void;
  /** Forgets all sessions and is deaf for `downMs`; default 0. */
  restart(downMs?: number): void;
  close(): Promise<void>;
}

/** @throws Error the address cannot be listened on @throws RangeError an option cannot be right */
export const createBmcSimulator = async (options: BmcSimulatorOptions): Promise<BmcSimulator> => {
  const { host = '127.0.0.1', port = 0 } = options;
  const timers = realTimers();
  const after = options.after ?? timers.after;
  const faults = createFaults();
  const bmc = assemble(options, faults, after);
  const counts: Record<string, number> = {};
  let deaf = false;

  const restart = (downMs = 0): void => {
    bmc.sessions.forgetAll();
    bmc.bootOptions.restart();
    if (downMs === 0) return;
    deaf = true;
    after(downMs, () => (deaf = false));
  };

  const receive = (datagram: Buffer, send: (answer: Buffer) => void): void => {
    if (deaf) return;
    const request = readRequest(datagram, bmc);
    if (!request || faults.strike('lose requests', request.name)) return;
    const { name } = request;
    counts[name] = (counts[name] ?? 0) + 1;
    const answer = request.answer({
      refuseWith: faults.strike('refuse', name)?.completionCode,
      sequenceShift: faults.strike('wrong sequence', name) ? 1000 : 0,
    });
    const death = faults.strike('restart', name);
    if (death) restart(death.downMs);
    if (!answer || death || faults.strike('lose answers', name)) return;
    const copies = faults.strike('duplicate answers', name) ? [answer, answer] : [answer];
    const delay = faults.strike('delay answers', name);
    if (delay) after(delay.delayMs, () => copies.forEach(send));
    else copies.forEach(send);
  };

  const socket = await listen(host, port, receive);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    bmc.sessions.forgetAll();
    timers.cancelAll();
    socket.close();
    await once(socket, 'close');
  };

  const address = socket.address();
  return {
    host: address.address,
    port: address.port,
    get power() {
      return bmc.machine.power;
    },
    get bootFlags() {
      return bmc.bootOptions.flags;
    },
    boots: bmc.machine.boots,
    get diagnosticInterrupts() {
      return bmc.machine.diagnosticInterrupts;
    },
    counts,
    get openSessions() {
      return bmc.sessions.active.length;
    },
    switchPower: power => bmc.machine.switchPower(power),
    setBootFlags: flags => bmc.bootOptions.setFlags(flags),
    inject: fault => faults.inject(fault),
    clearFaults: () => faults.clear(),
    restart,
    close: () => (closing ??= close()),
  };
};

const assemble = (options: BmcSimulatorOptions, faults: Faults, after: After): SimulatedBmc => {
  const { cipherSuites = PREFERRED_CIPHER_SUITES, kg } = options;
  const users = Object.fromEntries(
    Object.entries(options.users).map(([name, user]) => [name, typeof user === 'string' ? { password: user } : user]),
  );
  const guid = options.guid === undefined ? randomBytes(16) : Buffer.from(options.guid.replaceAll('-', ''), 'hex');
  if (guid.length !== 16) throw new RangeError('guid: 16 bytes in hexadecimal');
  const bmcKey = kg ? parseKg(kg) : undefined;
  const bootOptions = createBootOptions(options.bootFlagsTimeoutMs ?? 60_000, after);
  if (options.bootFlags) bootOptions.setFlags(options.bootFlags);
  return {
    bootOptions,
    machine: createMachine({
      power: options.power ?? 'off',
      softShutdownMs: options.softShutdownMs ?? 0,
      powerCycleMs: options.powerCycleMs ?? 0,
      bootOptions,
      faults,
      after,
      events: options,
    }),
    sessions: createSessionTable({
      users,
      cipherSuites,
      bmcKey,
      guid,
      maxSessions: options.maxSessions ?? 32,
      idleTimeoutMs: options.sessionTimeoutMs ?? 60_000,
      after,
    }),
    cipherSuites,
    hasBmcKey: bmcKey !== undefined,
    userNames: Object.keys(users),
    guid,
    deviceId: { deviceId: 0x20, firmware: [1, 0], manufacturerId: 0, productId: 0, ...options.deviceId },
  };
};

const listen = async (
  host: string,
  port: number,
  receive: (datagram: Buffer, send: (answer: Buffer) => void) => void,
): Promise<Socket> => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let closed = false;
  socket.on('close', () => (closed = true));
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    try {
      receive(datagram, answer => {
        if (!closed) socket.send(answer, from.port, from.address);
      });
    } catch (error) {
      // A BMC drops what it cannot read.
      if (!(error instanceof MalformedPacket)) throw error;
    }
  });
  socket.bind(port, host);
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  // An answer that cannot be sent is a lost packet.
  socket.on('error', () => {});
  return socket;
};
