import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIo } from './io.js';
import { createProgram } from './program.js';
import { referenceOf } from './reference.js';

describe('docs/reference/cli.md', () => {
  it('says what the commands are: else run tools/generate-cli-docs.mjs', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/reference/cli.md'), 'utf8');
    expect(page).toBe(referenceOf(createProgram(processIo())));
  });
});
