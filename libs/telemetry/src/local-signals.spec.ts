import { describe, expect, it } from '@jest/globals';
import { LocalSignals } from './local-signals.js';

describe('Signals within a process', () => {
  it('reach everybody who listens, until they stop', () => {
    const signals = new LocalSignals();
    const heard: string[] = [];
    const stop = signals.listen((node, signal) => heard.push(`a ${node} ${signal}`));
    signals.listen((node, signal) => heard.push(`b ${node} ${signal}`));
    signals.send('n1', 'heartbeat');
    stop();
    stop();
    signals.send('n2', 'timer');
    expect(heard).toEqual(['a n1 heartbeat', 'b n1 heartbeat', 'b n2 timer']);
  });

  it('are lost where nobody listens', () => expect(() => new LocalSignals().send('n1', 'timer')).not.toThrow());
});
