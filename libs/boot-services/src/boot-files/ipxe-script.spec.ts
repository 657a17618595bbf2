import { expect, it } from '@jest/globals';
import { ipxeEntry } from './ipxe-script.js';

it('The entry tries the interface that booted first, then each that there is', () => {
  const lines = ipxeEntry('http://10.0.0.1:8080').split('\n');
  expect(lines[0]).toBe('#!ipxe');
  expect(lines.filter(line => line.startsWith('chain'))).toEqual([
    'chain --autofree http://10.0.0.1:8080/boot/${netX/mac}.ipxe && exit 0 ||',
    'chain --autofree http://10.0.0.1:8080/boot/${net${interface}/mac}.ipxe && exit 0 ||',
  ]);
});
