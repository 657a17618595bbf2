import { afterEach, describe, expect, it } from '@jest/globals';
import type { BmcSimulator, BmcSimulatorOptions, ConnectOptions } from '#ipmi-js';
import { createBmcSimulator } from '#ipmi-js';
import { rejection } from '../contracts/an-effect.js';
import { BmcPool } from './bmc-pool.js';

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toClose.splice(0).reverse()) await thing.close();
});

const aSimulator = async (options: Partial<BmcSimulatorOptions> = {}): Promise<BmcSimulator> => {
  const bmc = await createBmcSimulator({ users: { admin: 'one', other: 'two' }, ...options });
  toClose.push(bmc);
  return bmc;
};
const aPool = (idleMs?: number): BmcPool => {
  const pool = new BmcPool(idleMs);
  toClose.push(pool);
  return pool;
};
const to = ({ host, port }: BmcSimulator, rest: Partial<ConnectOptions> = {}): ConnectOptions => ({
  host,
  port,
  username: 'admin',
  password: 'one',
  cipherSuite: 17,
  timeoutMs: 50,
  retries: 1,
  ...rest,
});
/** The first command of a session asks for its privilege level. */
const opened = ({ counts }: BmcSimulator): number => counts['Set Session Privilege Level'] ?? 0;

const until = async (what: string, condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

describe('The pool of sessions', () => {
  it('opens one session for many effects, one after another and at once', async () => {
    const [bmc, pool] = [await aSimulator(), aPool()];
    await pool.use(to(bmc), session => session.chassisStatus());
    await Promise.all(Array.from({ length: 10 }, () => pool.use(to(bmc), session => session.chassisStatus())));
    expect([opened(bmc), bmc.openSessions, bmc.counts['Get Chassis Status']]).toEqual([1, 1, 11]);
  });

  it('lets one thing at a time happen at a BMC, whoever asks, and others at other BMCs meanwhile', async () => {
    const [bmc, another, pool] = [await aSimulator(), await aSimulator(), aPool()];
    let atWork = 0;
    const alone = async () => {
      expect(++atWork).toBe(1);
      // Elsewhere there is no waiting for this one.
      await pool.use(to(another), session => session.chassisStatus());
      atWork--;
    };
    await Promise.all([
      pool.use(to(bmc), alone),
      pool.use(to(bmc, { username: 'other', password: 'two' }), alone),
      pool.use(to(bmc), alone),
    ]);
    expect([opened(bmc), opened(another)]).toEqual([2, 1]);
  });

  it('opens another session for other credentials', async () => {
    const [bmc, pool] = [await aSimulator(), aPool()];
    await pool.use(to(bmc), session => session.chassisStatus());
    const wrong = await rejection(pool.use(to(bmc, { password: 'wrong' }), session => session.chassisStatus()));
    expect(wrong).toMatchObject({ name: 'BmcCredentialsRejected' });
    await pool.use(to(bmc), session => session.chassisStatus());
    expect(opened(bmc)).toBe(1);
  });

  it('closes a session that nobody uses, and opens a new one when it is needed', async () => {
    const [bmc, pool] = [await aSimulator(), aPool(20)];
    await pool.use(to(bmc), session => session.chassisStatus());
    await until('the session to be closed', () => bmc.openSessions === 0);
    expect(bmc.counts['Close Session']).toBe(1);
    await pool.use(to(bmc), session => session.chassisStatus());
    expect(opened(bmc)).toBe(2);
  });

  it('keeps a session after a refusal, and gives up one that went silent', async () => {
    const [bmc, pool] = [await aSimulator(), aPool()];
    const refused = pool.use(to(bmc), session => session.raw(0x30, 0x01));
    expect(await rejection(refused)).toMatchObject({ name: 'BmcRefused' });
    expect([opened(bmc), bmc.openSessions]).toEqual([1, 1]);

    const heal = bmc.inject({ fault: 'lose requests' });
    const silent = pool.use(to(bmc), session => session.chassisStatus());
    expect(await rejection(silent)).toMatchObject({ name: 'BmcUnreachable' });
    heal();
    expect((await pool.use(to(bmc), session => session.chassisStatus())).power).toBe('off');
    expect(opened(bmc)).toBe(2);
  });

  it('gives all sessions back when it is closed, and opens no more', async () => {
    const [bmc, another, pool] = [await aSimulator(), await aSimulator(), new BmcPool()];
    await pool.use(to(bmc), session => session.chassisStatus());
    const begun = Promise.withResolvers<void>();
    const underWay = pool.use(to(another), session => {
      begun.resolve();
      return session.chassisStatus();
    });
    await begun.promise;
    await pool.close();
    expect((await underWay).power).toBe('off');
    expect([bmc.openSessions, another.openSessions]).toEqual([0, 0]);
    const late = await rejection(pool.use(to(bmc), session => session.chassisStatus()));
    expect((late as Error).message).toContain('not opened any more');
  });

  it('does not wait for a BMC that is silent when it is closed', async () => {
    const [bmc, pool] = [await aSimulator(), new BmcPool()];
    bmc.inject({ fault: 'lose answers', on: 'Get Chassis Status' });
    const silent = rejection(pool.use(to(bmc, { timeoutMs: 1_000_000 }), session => session.chassisStatus()));
    await until('the command to be under way', () => bmc.counts['Get Chassis Status'] === 1);
    await pool.close();
    expect(await silent).toMatchObject({ name: 'ConnectionClosed' });
  });
});
