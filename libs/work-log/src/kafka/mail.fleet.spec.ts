import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Clock, type HardwareReads, Problem } from '#domain';
import { type KafkaForTests, kafkaForTests } from '../../../../tools/engines/kafka/kafka-for-tests.js';
import { KafkaHardwareReads, answerHardwareReads } from './kafka-hardware-reads.js';
import { KafkaSignals } from './kafka-signals.js';
import { type Mailbox, type MailboxOptions, kafkaMailbox } from './mailbox.js';

const NODE = '1be26c0b-03f2-4d2e-ae87-c02d7f33c123';

let kafka: KafkaForTests;
beforeAll(async () => {
  kafka = await kafkaForTests();
}, 120_000);
afterAll(() => kafka.stop(), 60_000);

let prefix: string;
let owner: string | undefined;
const boxes: Mailbox[] = [];
const ownerOf = async () => owner;
const aBox = async (topic: MailboxOptions['topic'], address?: string) => {
  const faults = (fault: Error) => expect(fault).toBeUndefined();
  const box = kafkaMailbox({ brokers: kafka.brokers, prefix, topic, address, clock: realClock, onFault: faults });
  boxes.push(box);
  await box.open();
  return box;
};
beforeEach(() => {
  prefix = `mail-${randomUUID()}`;
  owner = 'b';
});
afterEach(() => Promise.all(boxes.splice(0).map(box => box.close())), 30_000);

describe('A mailbox on Kafka', () => {
  it('receives whatever is posted from when it is open, on topics that were just made', async () => {
    const keys = Array.from({ length: 40 }, (_, node) => `node ${node}`);
    const openAndPost = async (topic: MailboxOptions['topic']) => {
      const [sender, reader] = [await aBox(topic), await aBox(topic, 'a')];
      const heard: string[] = [];
      reader.listen(({ key, type }) => heard.push(`${key} ${type}`));
      for (const type of ['first', 'second']) for (const key of keys) sender.post('a', { key, type, body: {} });
      await until(`all mail on ${topic}`, () => heard.length >= 2 * keys.length);
      for (const key of keys)
        expect(heard.filter(each => each.startsWith(`${key} `))).toEqual([`${key} first`, `${key} second`]);
    };
    await Promise.all([openAndPost('signals'), openAndPost('requests'), openAndPost('replies')]);
  }, 60_000);
});

describe('Signals over Kafka', () => {
  it('reach the owner of the node, and nobody else', async () => {
    const heard: string[] = [];
    const [api, a, b] = await Promise.all([aBox('signals'), aBox('signals', 'a'), aBox('signals', 'b')]);
    const onError = (error: unknown) => heard.push(String(error));
    const sender = new KafkaSignals({ mailbox: api, ownerOf, onError });
    const atA = new KafkaSignals({ mailbox: a, host: 'a', ownerOf, onError });
    const atB = new KafkaSignals({ mailbox: b, host: 'b', ownerOf, onError });
    atA.listen((node, signal) => heard.push(`a ${node} ${signal}`));
    atB.listen((node, signal) => heard.push(`b ${node} ${signal}`));
    sender.send(NODE, 'heartbeat');
    await until('b to hear', () => heard.length === 1);
    atB.send(NODE, 'timer');
    await until('b to hear itself', () => heard.length === 2);
    owner = undefined;
    sender.send(NODE, 'heartbeat');
    owner = 'a';
    await new Promise(resolve => setImmediate(resolve));
    sender.send(NODE, 'timer');
    await until('a to hear', () => heard.length === 3);
    expect(heard).toEqual([`b ${NODE} heartbeat`, `b ${NODE} timer`, `a ${NODE} timer`]);
  }, 60_000);
});

describe('Reads of the hardware over Kafka', () => {
  const hardware: HardwareReads = {
    async read(nodeId, type, question, args) {
      if (question === 'sensors')
        throw new Problem({ code: 'hardware.unsupported', title: 'No', detail: 'No sensors.' });
      if (question === 'silence') return new Promise(() => undefined);
      if (question === 'fire') throw new Error('It burns.');
      return { nodeId, type, question, args };
    },
  };
  const aReader = async () => {
    const [asking, replies, requests, answering] = await Promise.all([
      aBox('requests'),
      aBox('replies', 'api-1'),
      aBox('requests', 'b'),
      aBox('replies'),
    ]);
    answerHardwareReads(requests, answering, hardware);
    return new KafkaHardwareReads({ requests: asking, replies, address: 'api-1', clock: realClock, ownerOf });
  };
  const codeOf = (reading: Promise<unknown>) => reading.catch((error: Problem) => error.code);

  it('are answered by the owner, or say why not', async () => {
    const reads = await aReader();
    expect(await reads.read(NODE, 'management', 'boot_device', { port: 1 }, 30_000)).toEqual({
      nodeId: NODE,
      type: 'management',
      question: 'boot_device',
      args: { port: 1 },
    });
    expect(await codeOf(reads.read(NODE, 'management', 'sensors', {}, 30_000))).toBe('hardware.unsupported');
    expect(await codeOf(reads.read(NODE, 'management', 'fire', {}, 30_000))).toBe('hardware.failed');
    expect(await codeOf(reads.read(NODE, 'management', 'silence', {}, 300))).toBe('hardware.deadline');
    owner = undefined;
    expect(await codeOf(reads.read(NODE, 'management', 'boot_device', {}, 300))).toBe('node.no-conductor');
  }, 60_000);
});

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const until = async (what: string, condition: () => boolean): Promise<void> => {
  const end = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};
