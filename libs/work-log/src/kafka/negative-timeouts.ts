/**
 * kafkajs 2.2.4 asks for a time-out in the past whenever it is not throttled (`network/requestQueue`), which Node.js warns
 * of. The same warning about anybody else's time-out is passed on.
 */
export const hushNegativeTimeouts = (): void => {
  if (isHushed) return;
  isHushed = true;
  const emit = process.emitWarning.bind(process) as (...given: unknown[]) => void;
  process.emitWarning = (...given: unknown[]) => {
    if (given[1] === 'TimeoutNegativeWarning' && /[\\/]kafkajs[\\/]/.test(new Error().stack ?? '')) return;
    emit(...given);
  };
};

let isHushed = false;
