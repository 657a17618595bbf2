import Table from 'cli-table3';
import type { Paint } from '../io.js';

const nothing = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '',
}; // prettier-ignore

/** Columns with two blanks between them and no lines: as readable, and fit for grep and awk. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string => {
  const lines = new Table({
    head: head.map(title => paint.bold(title.toUpperCase())),
    chars: { ...nothing, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  lines.push(...rows.map(row => [...row]));
  return lines.toString().replace(/[ \t]+$/gm, '');
};
