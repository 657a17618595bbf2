import { Command } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { referenceOf } from './reference.js';

const options = Array.from({ length: 11 }, (_, index) => `--option-${index} <a|b>`);

describe('referenceOf', () => {
  const program = new Command('tool').description('Does things.');
  const first = program.command('first <node>').description('The first thing.');
  for (const flags of options) first.option(flags, 'Something.', 'a');
  const second = program.command('second').description('The second.').requiredOption('--at <when>', 'An instant.');
  for (const flags of options) second.option(flags, 'Something.', 'a');
  const page = referenceOf(program);

  it('tells every command with its usage and options', () => {
    expect(page).toContain('| [`first`](#tool-first) | The first thing. |');
    expect(page).toContain('tool first [options] <node>');
    expect(page).toContain('| `--option-0 <a\\|b>` | Something. Default: a. |');
  });

  it('tells options that two commands share once', () => {
    expect(page.match(/--option-10/g)).toHaveLength(1);
    expect(page).toContain('| `--at <when>` | An instant. Required. |\n\nAnd every option of [`first`](#tool-first).');
  });
});
