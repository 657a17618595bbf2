// The operators of hints, as Ironic's root device hints have them: an operator in front of the value, or none.

const numeric: Record<string, (actual: number, wanted: number) => boolean> = {
  '=': (actual, wanted) => actual >= wanted,
  '==': (actual, wanted) => actual === wanted,
  '!=': (actual, wanted) => actual !== wanted,
  '>=': (actual, wanted) => actual >= wanted,
  '<=': (actual, wanted) => actual <= wanted,
};

const textual: Record<string, (actual: string, wanted: string) => boolean> = {
  's==': (actual, wanted) => actual === wanted,
  's!=': (actual, wanted) => actual !== wanted,
  's>=': (actual, wanted) => actual >= wanted,
  's>': (actual, wanted) => actual > wanted,
  's<=': (actual, wanted) => actual <= wanted,
  's<': (actual, wanted) => actual < wanted,
  '<in>': (actual, wanted) => actual.includes(wanted),
};

/** `<or> a <or> b`: any of them. `<all-in> a b`: each of them is contained. */
const lists = (actual: string, expression: string): boolean | undefined => {
  if (expression.startsWith('<or>')) {
    return expression
      .split('<or>')
      .slice(1)
      .some(choice => choice.trim() === actual);
  }
  if (!expression.startsWith('<all-in>')) return undefined;
  return expression
    .slice('<all-in>'.length)
    .trim()
    .split(/\s+/)
    .every(part => actual.includes(part));
};

/** Compares as Ironic does: without case; a text without an operator equals, a number without one equals. */
export const matchesHint = (actual: string | number, hint: unknown): boolean => {
  const expression = String(hint).trim().toLowerCase();
  const text = String(actual).trim().toLowerCase();
  const many = lists(text, expression);
  if (many !== undefined) return many;
  const [, operator = '', operand = ''] = /^(s==|s!=|s>=|s<=|s>|s<|<in>|==|!=|>=|<=|=)\s+(.*)$/.exec(expression) ?? [];
  if (operator === '') return typeof actual === 'number' ? actual === Number(expression) : text === expression;
  const compareText = textual[operator];
  return compareText ? compareText(text, operand) : numeric[operator]!(Number(text), Number(operand));
};
