import { describe, expect, it } from '@jest/globals';
import { refusalOf } from './addresses.js';

describe('Addresses that webhooks deliver to', () => {
  const judge = (address: string, allowPrivate: boolean, protocol = 'https:') =>
    refusalOf(address, { allowPrivate, protocol }) === undefined ? 'taken' : 'refused';

  it.each(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '172.32.0.1', '11.0.0.1'])(
    'are all those that anybody can reach: %s',
    address => expect([judge(address, false), judge(address, true)]).toEqual(['taken', 'taken']),
  );

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1'])(
    'are private ones only where it is allowed: %s',
    address => expect([judge(address, false), judge(address, true)]).toEqual(['refused', 'taken']),
  ); // prettier-ignore

  it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', '0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1'])(
    'are never of the link, nobody’s or everybody’s: %s',
    address => expect([judge(address, false), judge(address, true)]).toEqual(['refused', 'refused']),
  ); // prettier-ignore

  it('are loopback ones alone where nothing is encrypted', () => {
    expect([judge('127.0.0.1', true, 'http:'), judge('10.0.0.1', true, 'http:')]).toEqual(['taken', 'refused']);
    expect([judge('93.184.215.14', true, 'http:'), judge('127.0.0.1', false, 'http:')]).toEqual(['refused', 'refused']);
  });
});
