import { afterEach, describe, expect, it } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { BmcSimulator, BmcSimulatorOptions } from '../simulator/bmc-simulator.js';
import { aBmc as anyBmc, closeAll, connected as anyConnected, rejection, until } from '../simulator/test-bench.js';
import type { Bmc } from './bmc.js';
import { presencePing } from './connect.js';
import type { ConnectOptions } from './connect-options.js';

afterEach(closeAll);

/** Gives up soon enough for a test, and is patient enough for a busy machine. */
const patience = { cipherSuite: 17, timeoutMs: 100, retries: 3 } as const;
const connected = (bmc: BmcSimulator, options: Partial<ConnectOptions> = {}): Promise<Bmc> =>
  anyConnected(bmc, { ...patience, ...options });
const aBmc = (options: Partial<BmcSimulatorOptions> = {}): Promise<BmcSimulator> => anyBmc({ power: 'on', ...options });

describe('Packets that get lost', () => {
  it.each(['lose requests', 'lose answers'] as const)('a read is sent again: %s', async fault => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault, on: 'Get Chassis Status', times: 2 });
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    expect(simulator.counts['RAKP Message 3']).toBe(1);
  });

  it.each(['lose requests', 'lose answers'] as const)(
    'every message of the handshake is sent again: %s',
    async fault => {
      for (const on of ['Open Session Request', 'RAKP Message 1', 'RAKP Message 3', 'Set Session Privilege Level']) {
        const simulator = await aBmc();
        simulator.inject({ fault, on, times: 1 });
        expect(await (await connected(simulator)).chassisStatus()).toMatchObject({ power: 'on' });
      }
    },
  );

  it('discovery is sent again, in both formats', async () => {
    const simulator = await aBmc();
    simulator.inject({ fault: 'lose answers', on: 'Get Channel Authentication Capabilities', times: 1 });
    simulator.inject({ fault: 'lose answers', on: 'Get Channel Cipher Suites', times: 1 });
    simulator.inject({ fault: 'lose requests', on: 'Presence Ping', times: 1 });
    expect((await connected(simulator, { cipherSuite: undefined })).cipherSuite).toBe(17);
    expect(await presencePing({ ...simulator, timeoutMs: 100 })).toMatchObject({ supportsIpmi: true });
  });

  it('a write that must not run twice is sent once, and its fate is said to be unknown', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'lose answers', on: 'Chassis Control', times: 1 });
    expect(await rejection(bmc.chassisControl('power cycle'))).toMatchObject({
      name: 'SessionLost',
      mayHaveRun: true,
      retriable: true,
    });
    expect(simulator.counts['Chassis Control']).toBe(1);
    expect(simulator.boots).toHaveLength(1);
  });

  it('a write is repeated where the caller says so, or where it does no harm', async () => {
    const simulator = await aBmc({ power: 'off' });
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'lose answers', on: 'Chassis Control', times: 1 });
    await bmc.chassisControl('power up');
    expect(simulator.boots).toHaveLength(1);
    simulator.inject({ fault: 'lose answers', on: 'Chassis Control', times: 1 });
    await bmc.chassisControl('hard reset', { repeat: true });
    expect(simulator.boots.length).toBeGreaterThanOrEqual(3);
  });

  it('a read is sent once where the caller says so', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'lose answers', on: 'Get Chassis Status', times: 1 });
    expect(await rejection(bmc.raw(0, 1))).toMatchObject({ mayHaveRun: true });
    expect(simulator.counts['Get Chassis Status']).toBe(1);
    simulator.inject({ fault: 'lose answers', on: 'Get Chassis Status', times: 1 });
    expect(await bmc.raw(0, 1, undefined, { repeat: true })).toHaveLength(4);
  });
});

describe('Answers that are odd', () => {
  it('late ones count, and are not taken for answers to what is asked next', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'delay answers', delayMs: 250, on: 'Get Chassis Status', times: 2 });
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    await bmc.chassisControl('power down');
    for (let count = 0; count < 20; count++) expect(await bmc.chassisStatus()).toMatchObject({ power: 'off' });
  });

  it('a late answer is not taken for that to the same question asked anew', async () => {
    const lateMs = 12_345;
    let late = (): void => {};
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs === lateMs) late = callback;
      return () => {};
    };
    const simulator = await aBmc({ after });
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'delay answers', delayMs: lateMs, on: 'Get Chassis Status', times: 1 });
    await bmc.chassisStatus();
    await bmc.chassisControl('power down');

    simulator.inject({ fault: 'lose answers', on: 'Get Chassis Status', times: 1 });
    const asked = simulator.counts['Get Chassis Status']!;
    const status = bmc.chassisStatus();
    await until('the question', () => simulator.counts['Get Chassis Status']! > asked);
    late();
    expect(await status).toMatchObject({ power: 'off' });
  });

  it('a late answer to a write that is sent once counts', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'delay answers', delayMs: 250, on: 'Chassis Control', times: 1 });
    await bmc.chassisControl('power cycle');
    expect(simulator.boots).toHaveLength(1);
  });

  it('a handshake that a slow BMC confuses is begun anew', async () => {
    const lateMs = 12_345;
    const late: (() => void)[] = [];
    // The first answer goes out with the second question: the BMC has another random number by then.
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs === lateMs && late.push(callback) === 2) for (const answer of late) answer();
      return () => {};
    };
    const simulator = await aBmc({ after });
    simulator.inject({ fault: 'delay answers', delayMs: lateMs, on: 'RAKP Message 1', times: 2 });
    expect(await (await connected(simulator)).chassisStatus()).toMatchObject({ power: 'on' });
    expect(simulator.counts['Open Session Request']).toBeGreaterThanOrEqual(2);
  });

  it('duplicates are dropped', async () => {
    const simulator = await aBmc();
    simulator.inject({ fault: 'duplicate answers' });
    const bmc = await connected(simulator, { timeoutMs: 1000 });
    for (let count = 0; count < 5; count++) {
      await bmc.chassisControl(count % 2 ? 'power up' : 'power down');
      expect(await bmc.chassisStatus()).toMatchObject({ power: count % 2 ? 'on' : 'off' });
    }
  });

  it('those outside of the sequence window are dropped', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'wrong sequence', on: 'Get Chassis Status', times: 2 });
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    expect(simulator.counts['Get Chassis Status']).toBeGreaterThanOrEqual(3);
  });

  it('rubbish and forgeries are dropped', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    const { port } = simulator;
    simulator.inject({ fault: 'delay answers', delayMs: 50, on: 'Get Chassis Status', times: 1 });
    const status = bmc.chassisStatus();
    // The socket of the client takes packets of the BMC's address only, so the BMC itself has to be shouted at too.
    const stranger = createSocket('udp4');
    for (const text of ['', '00', '0600ff07', '0600ff0706c0ffffffff010000000000', '0600ff06000011be80000000'])
      stranger.send(Buffer.from(text, 'hex'), port, '127.0.0.1');
    expect(await status).toMatchObject({ power: 'on' });
    stranger.close();
    await once(stranger, 'close');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
  });
});

describe('Completion codes', () => {
  it('are errors with their text', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'refuse', completionCode: 0xd5, on: 'Chassis Control', times: 1 });
    expect(await rejection(bmc.chassisControl('power cycle'))).toMatchObject({
      name: 'BmcRefused',
      completionCode: 0xd5,
      message: 'Chassis Control (power cycle): Command or parameter not supported in present state (0xd5)',
    });
    await bmc.chassisControl('power cycle');
  });

  it('"node busy" is waited out, also by commands that must not run twice', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'refuse', completionCode: 0xc0, on: 'Chassis Control', times: 2 });
    await bmc.chassisControl('hard reset');
    expect(simulator.boots).toHaveLength(1);
  });

  it('"node busy" without end is told, and may be retried', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { retries: 1 });
    simulator.inject({ fault: 'refuse', completionCode: 0xc0, on: 'Chassis Control' });
    expect(await rejection(bmc.chassisControl('hard reset'))).toMatchObject({ completionCode: 0xc0, retriable: true });
  });
});

describe('Power that does not follow', () => {
  it('goes off late', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'slow power off', delayMs: 100 });
    await bmc.chassisControl('power down');
    expect(simulator.power).toBe('on');
    await until('power to go off', async () => (await bmc.chassisStatus()).power === 'off');
  });

  it('says on and stays off, and the other way round', async () => {
    const simulator = await aBmc({ power: 'off' });
    const bmc = await connected(simulator);
    const release = simulator.inject({ fault: 'stuck power', at: 'off' });
    await bmc.chassisControl('power up');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'off' });
    expect(simulator.boots).toHaveLength(0);
    release();
    await bmc.chassisControl('power up');
    simulator.inject({ fault: 'stuck power', at: 'on' });
    await bmc.chassisControl('power down');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
  });
});
