import type { Explanation } from '#apps/api';
import type { Paint } from '../io.js';
import { nodeTitle } from './node-title.js';
import { table } from './table.js';

/** What failed last, why, what to do, and how it came to it. */
export const renderWhy = (explanation: Explanation, paint: Paint): string => {
  const { failure, chain, hint, resolved, maintenance, fault } = explanation;
  const title = nodeTitle(explanation, paint);
  if (!failure) return `${title}\nNothing has failed on it.`;
  const { problem, time, type } = failure;
  return [
    title,
    ...(maintenance ? [`It is in maintenance${fault ? ` for a ${fault}` : ''}.`] : []),
    '',
    `${paint.red(problem.title)} (${type} at ${time})`,
    `  ${problem.detail}`,
    ...(hint ? [`  ${paint.bold('What to do:')} ${hint}`] : []),
    ...(resolved ? ['  The node has got over it since.'] : []),
    '',
    'How it came to it, the last first:',
    table(
      ['time', 'event', 'what', 'by'],
      chain.map(link => [link.time, link.type, link.what === link.type ? '' : link.what, link.by]),
      paint,
    ),
  ].join('\n');
};
