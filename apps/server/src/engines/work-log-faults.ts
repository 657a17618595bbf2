import type { Logger } from 'pino';
import type { WorkLogOptions } from '#work-log';

/** A node whose work fails again and again keeps its place: dropping its wake-up would only hide it. */
export const workLogFaults = (logger: Logger): Pick<WorkLogOptions, 'onPoison' | 'onFault'> => ({
  onPoison: (message, error, attempts) => {
    logger.error({ node: message.key, error, attempts }, 'work on a node fails again and again');
    return 'retry';
  },
  onFault: error => logger.error({ error }, 'the work log could not count on something'),
});
