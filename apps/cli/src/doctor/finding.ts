/** What a check came to. */
export interface Finding {
  readonly level: 'OK' | 'WARN' | 'FAIL';
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const ok = (check: string, detail: string): Finding => ({ level: 'OK', check, detail });
export const warn = (check: string, detail: string, advice: string): Finding => ({
  level: 'WARN',
  check,
  detail,
  advice,
});
export const fail = (check: string, detail: string, advice: string): Finding => ({
  level: 'FAIL',
  check,
  detail,
  advice,
});
