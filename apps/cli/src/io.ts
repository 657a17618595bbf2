import { styleText } from 'node:util';
import { allowsColour } from '#configuration';

/** What a command sees of the world outside. Handed in, so that tests can stand in for it. */
export interface Io {
  /** Prints a line, or several, for the user or the next program. */
  out(text: string): void;
  /** The same for what is not the answer: notices and errors. */
  err(text: string): void;
  readonly paint: Paint;
  readonly fetch: typeof fetch;
  /** The process's own where it is left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Ends what would go on for ever. */
  readonly signal: AbortSignal;
}

/** Colours, or the same functions without any. */
export type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>;

const paintWith = (format: keyof Paint) => (text: string) => styleText(format, text, { validateStream: false });
const plain = (text: string) => text;

export const noPaint: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
const colours: Paint = {
  bold: paintWith('bold'),
  dim: paintWith('dim'),
  red: paintWith('red'),
  green: paintWith('green'),
  yellow: paintWith('yellow'),
};

export const processIo = (): Io => ({
  out: text => void process.stdout.write(`${text}\n`),
  err: text => void process.stderr.write(`${text}\n`),
  paint: process.stdout.isTTY && allowsColour() ? colours : noPaint,
  fetch,
  signal: new AbortController().signal,
});
