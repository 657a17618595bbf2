import { Problem } from '../problem.js';
import type { Surroundings } from './surroundings.js';

// Limits on what is under way in the whole fleet (Ironic, conductor). 0 means no limit.

const full = (action: string, limit: number): Problem =>
  new Problem({
    code: 'conductor.limit',
    title: 'Too many nodes are under way',
    detail: `Unable to process requested task ${action}. The maximum number (${limit}) of concurrent operations has been reached.`,
    hint: 'Retry when some have finished, or raise the limit in the configuration.',
  });

export const requireRoomForDeployment = ({ settings, underWay }: Surroundings): void => {
  const limit = settings.maxConcurrentDeploy;
  if (limit > 0 && underWay().deploying >= limit) throw full('deployment', limit);
};

export const requireRoomForCleaning = ({ settings, underWay }: Surroundings): void => {
  const limit = settings.maxConcurrentClean;
  if (limit > 0 && underWay().cleaning >= limit) throw full('cleaning', limit);
};
