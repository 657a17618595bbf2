import type { EventJson } from '#apps/api';
import type { Paint } from '../io.js';

const LABEL_WIDTH = 14;
const TYPE_WIDTH = 26;

/** One event in a line. Its time is in the form that --at and --as-of take. */
export const eventLine = ({ recorded, type, summary, data }: EventJson, label: string, paint: Paint): string => {
  const text = 'problem' in data ? paint.red(summary) : summary;
  return `${paint.dim(recorded)}  ${label.padEnd(LABEL_WIDTH)}  ${paint.bold(type.padEnd(TYPE_WIDTH))}  ${text}`.trimEnd();
};
