import { describe, expect, it } from '@jest/globals';
import { ConnectionStringRefused, targetOf } from './connection-string.js';

describe('A connection string', () => {
  it('may be of the old name or the new one, for one host, several, or a name to discover them by', () => {
    for (const text of [
      'kurrentdb://127.0.0.1:2113?tls=false',
      'esdb://admin:secret@a:2113,b:2113,c:2113?tls=false',
      'esdb+discover://cluster:2113',
    ])
      expect(targetOf(text).makeClient()).toBeDefined();
  });

  it('is refused where it would hide conflicts or read what is old', () => {
    for (const option of ['throwOnAppendFailure=false', 'ThrowOnAppendFailure=False', 'nodePreference=follower'])
      expect(() => targetOf(`kurrentdb://h:2113?tls=false&${option}`)).toThrow(ConnectionStringRefused);
    expect(targetOf('kurrentdb://h:2113?tls=false&nodePreference=leader')).toBeDefined();
  });

  it('never shows its password: not when it is refused, not in what a server says', () => {
    const refused = () => targetOf('kurrentdb://admin:geheim%21@h:x?tls=maybe');
    expect(refused).toThrow(ConnectionStringRefused);
    expect(refused).not.toThrow(/geheim/);
    const { redact } = targetOf('kurrentdb://admin:geheim%21@h:2113?tls=false');
    expect(redact('no user admin:geheim%21 with geheim!')).toBe('no user [credentials] with [credentials]');
  });
});
