import { describe, expect, it } from '@jest/globals';
import { nodeFault } from './node-version.js';

describe('nodeFault', () => {
  it.each(['18.20.8', '22.12.0', '23.11.1'])('refuses Node.js %s and says what is needed', version => {
    expect(nodeFault(version)).toMatch(`needs Node.js 24 or newer, this is ${version}.`);
  });

  it.each(['24.0.0', '24.21.0', '30.1.0'])('takes Node.js %s', version => {
    expect(nodeFault(version)).toBeUndefined();
  });
});
