import type { Finding } from '../doctor/finding.js';
import type { Paint } from '../io.js';

/** A line for each finding, and one below it for what to do. */
export const renderFindings = (findings: readonly Finding[], paint: Paint): string => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const colour = { OK: paint.green, WARN: paint.yellow, FAIL: paint.red };
  return findings
    .flatMap(({ level, check, detail, advice }) => [
      `${colour[level](level.padEnd(4))}  ${check.padEnd(width)}  ${detail}`,
      ...(advice ? [`${' '.repeat(width + 8)}→ ${advice}`] : []),
    ])
    .join('\n');
};
