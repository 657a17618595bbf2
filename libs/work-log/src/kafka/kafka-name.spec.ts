import { describe, expect, it } from '@jest/globals';
import { workTopic } from '#domain';
import { kafkaName } from './kafka-name.js';

describe('kafkaName', () => {
  it('keeps names that Kafka takes', () => {
    expect(kafkaName('ferrolog', workTopic('rack_1', 'fake-hardware'))).toBe('ferrolog.work.rack_1.fake-hardware');
    expect(kafkaName('ferrolog', workTopic('', 'ipmi'))).toBe('ferrolog.work..ipmi');
  });

  it('makes names that it does not take legal, and keeps them apart', () => {
    const names = ['rack 1', 'rack/1', 'räck1', 'x'.repeat(300), 'x'.repeat(301)].map(group =>
      kafkaName('ferrolog', workTopic(group, 'ipmi')),
    );
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9._-]{1,249}$/);
    expect(new Set(names).size).toBe(names.length);
  });
});
