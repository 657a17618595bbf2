import { getDeviceId, type DeviceId } from '../commands/app/get-device-id.js';
import { getSystemGuid, type SystemGuid } from '../commands/app/get-system-guid.js';
import { getBootDevice, setBootDevice, type BootDeviceChoice, type Run } from '../commands/chassis/boot-device.js';
import type { BootFlags } from '../commands/chassis/boot-flags.js';
import { chassisControl, type ChassisAction } from '../commands/chassis/chassis-control.js';
import { getChassisStatus, type ChassisStatus } from '../commands/chassis/get-chassis-status.js';
import { rawCommand, type Command } from '../commands/command.js';
import { BmcUnreachable, ConnectionClosed, SessionLost } from '../errors.js';
import type { CipherSuiteId } from '../wire/cipher-suites.js';
import type { Session } from './session.js';
import type { UdpLink } from './udp-link.js';

export interface RunOptions {
  /**
   * True: the command may run twice, so it is sent again while the answer is missing, in a new session too.
   * False: it is sent once; what becomes of it when no answer comes is for the caller to find out.
   * Default: as the command is classed, see {@link Command.repeatable}.
   */
  readonly repeat?: boolean;
}

/**
 * A BMC, over one session at a time. Commands may be called at any time: they run one after another in the order of
 * the calls, and `setBootDevice` is not interleaved with others.
 *
 * Every method may throw BmcUnreachable, BmcRefused, SessionLost, ConnectionClosed, MalformedPacket, and, when the
 * session had to be re-opened, what `connect` throws.
 */
export interface Bmc {
  readonly cipherSuite: CipherSuiteId;
  deviceId(): Promise<DeviceId>;
  systemGuid(): Promise<SystemGuid>;
  chassisStatus(): Promise<ChassisStatus>;
  /** Power up and power down are repeated while the answer is missing, the others are not. */
  chassisControl(action: ChassisAction, options?: RunOptions): Promise<void>;
  getBootDevice(): Promise<BootFlags>;
  setBootDevice(choice: BootDeviceChoice): Promise<void>;
  /** The data after the completion code; not repeated unless the caller says so. */
  raw(netFn: number, command: number, data?: Uint8Array, options?: RunOptions): Promise<Buffer>;
  /** Any command that is described in a file of its own. */
  run<Answer>(command: Command<Answer>, options?: RunOptions): Promise<Answer>;
  /** Ends the session once the command under way has ended; those still waiting get ConnectionClosed. */
  close(): Promise<void>;
}

export const bmcOver = (connection: {
  readonly link: UdpLink;
  readonly session: Session;
  readonly reopen: () => Promise<Session>;
  readonly keepAliveMs?: number;
  readonly checkAfterMs: number;
}): Bmc => {
  const { link, reopen, keepAliveMs, checkAfterMs } = connection;
  const { id: cipherSuite } = connection.session.suite;
  let session: Session | undefined = connection.session;
  let closing: Promise<void> | undefined;
  let lastInQueue: Promise<unknown> = Promise.resolve();
  let keepAlive: NodeJS.Timeout | undefined;

  /** One thing at a time, in the order of the calls. */
  const inTurn = <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const turn = lastInQueue.then(async () => {
      if (closing) throw new ConnectionClosed(link.name);
      clearTimeout(keepAlive);
      try {
        return await work();
      } finally {
        expectSilence();
      }
    });
    lastInQueue = turn.catch(() => undefined);
    return turn;
  };

  const dropSession = (): void => {
    session?.abandon();
    session = undefined;
  };

  /** Finds out whether the session still stands. Get Device ID is mandatory and changes nothing. */
  const makeSure = async (): Promise<void> => {
    try {
      await session?.run(getDeviceId, true);
    } catch (error) {
      // Any answer, a refusal too, is a sign of life.
      if (error instanceof BmcUnreachable) dropSession();
    }
    session ??= await reopen();
  };

  /** A failure shows again at the next command. */
  const expectSilence = (): void => {
    if (keepAliveMs === undefined || closing) return;
    keepAlive = setTimeout(() => inTurn(makeSure).catch(() => undefined), keepAliveMs);
  };

  const perform = async <Answer>(command: Command<Answer>, repeat: boolean): Promise<Answer> => {
    if (!repeat && session && session.idleMs() > checkAfterMs) await makeSure();
    session ??= await reopen();
    try {
      return await session.run(command, repeat);
    } catch (error) {
      if (!(error instanceof BmcUnreachable)) throw error;
      dropSession();
      return await recover(command, repeat, error);
    }
  };

  /**
   * Silence has two causes: the BMC is away, or it has lost the session (restart, idle time-out) and drops what is
   * sent in it. A new session tells which.
   */
  const recover = async <Answer>(command: Command<Answer>, repeat: boolean, silence: Error): Promise<Answer> => {
    const sessionLost = (cause?: unknown): SessionLost =>
      new SessionLost(`${link.name} lost the session during ${command.name}`, { mayHaveRun: true, cause });
    try {
      session = await reopen();
    } catch (cause) {
      throw cause instanceof BmcUnreachable
        ? new BmcUnreachable(silence.message, { mayHaveRun: true, cause })
        : sessionLost(cause);
    }
    if (!repeat) throw sessionLost();
    try {
      return await session.run(command, true);
    } catch (error) {
      if (!(error instanceof BmcUnreachable)) throw error;
      dropSession();
      throw sessionLost(error);
    }
  };

  const run = <Answer>(command: Command<Answer>, { repeat = command.repeatable }: RunOptions = {}): Promise<Answer> =>
    inTurn(() => perform(command, repeat));

  /** Several commands in one turn. */
  const sequence = <Answer>(work: (run: Run) => Promise<Answer>): Promise<Answer> =>
    inTurn(() => work(command => perform(command, command.repeatable)));

  const close = async (): Promise<void> => {
    clearTimeout(keepAlive);
    await lastInQueue;
    await session?.close();
    await link.close();
  };

  expectSilence();
  return {
    cipherSuite,
    deviceId: () => run(getDeviceId),
    systemGuid: () => run(getSystemGuid),
    chassisStatus: () => run(getChassisStatus),
    chassisControl: (action, options) => run(chassisControl(action), options),
    getBootDevice: () => sequence(getBootDevice),
    setBootDevice: choice => sequence(perform => setBootDevice(perform, choice)),
    raw: async (netFn, command, data, options) => run(rawCommand(netFn, command, data), options),
    run,
    close: () => (closing ??= close()),
  };
};
