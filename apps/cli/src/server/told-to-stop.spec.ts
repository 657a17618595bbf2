import { describe, expect, it } from '@jest/globals';
import { toldToStop } from './told-to-stop.js';

describe('toldToStop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('hears the first %s, and leaves the second to the system', async signal => {
    const before = process.listenerCount(signal);
    const told = toldToStop(new AbortController().signal);
    expect(process.listenerCount(signal)).toBe(before + 1);
    process.emit(signal);
    await told;
    expect(process.listenerCount(signal)).toBe(before);
  });

  it('hears whoever started it', async () => {
    const before = process.listenerCount('SIGTERM');
    await toldToStop(AbortSignal.abort());
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
