import type { Logger } from 'pino';
import { pino, stdTimeFunctions } from 'pino';
import type { Configuration } from '#configuration';
import { isSensitiveName } from '#domain';

/** One line a message. Values whose names sound like secrets are masked, at any depth. */
export const createLogger = (
  { logLevel, logFormat }: Pick<Configuration, 'logLevel' | 'logFormat'>,
  stream: NodeJS.WriteStream = process.stderr,
): Logger => {
  const text = logFormat === 'text' || (logFormat === 'auto' && stream.isTTY);
  const options = {
    level: logLevel,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { log: masked, level: (label: string) => ({ level: label }) },
  };
  return pino(options, text ? { write: (line: string) => void stream.write(plain(line)) } : stream);
};

const masked = (value: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSensitiveName(name) ? '******' : printable(item)]),
  );

const printable = (value: unknown): unknown => {
  if (value instanceof Error) {
    const { message, stack, cause } = value;
    return { message, ...(cause !== undefined && { cause: reasonIn(cause) }), ...(stack && { stack }) };
  }
  if (Array.isArray(value)) return value.map(printable);
  return typeof value === 'object' && value !== null ? masked(value) : value;
};

/** Of an error, or of what caused one, the sentences down to the first cause. */
export const reasonIn = (cause: unknown): unknown => {
  if (!(cause instanceof Error)) return printable(cause);
  const next: unknown = cause.cause ?? (cause instanceof AggregateError ? cause.errors[0] : undefined);
  const sentences = [cause.message, ...(next === undefined ? [] : [reasonIn(next)])];
  return sentences.filter(sentence => sentence !== '').join(': ');
};

/** For people: time, level, message, and the rest as name=value. */
const plain = (line: string): string => {
  const { time, level, msg, ...rest } = JSON.parse(line) as { time: string; level: string; msg: string };
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${msg}${details.length > 0 ? `  ${details.join(' ')}` : ''}\n`;
};
