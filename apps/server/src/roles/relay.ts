import { publicRelay, relay } from '#apps/relay';
import { onBreak, type RoleParts } from './role.js';

/** Tells what happened: to conductors, who are woken, and to the world outside. */
export const startRelay = ({ engines, clock, logger, atEnd }: RoleParts): void => {
  const { store, log, publicLog } = engines;
  const waking = engines.asTheOnlyOne('relay', async () =>
    relay({
      store,
      log,
      clock,
      checkpoint: await engines.checkpoint('relay'),
      onBreak: onBreak(logger, 'waking conductors'),
    }),
  );
  waking.start();
  atEnd(() => waking.stop());
  if (!publicLog) return;
  const publishing = engines.asTheOnlyOne('public relay', () =>
    publicRelay({ store, log: publicLog, clock, onBreak: onBreak(logger, 'publishing events') }),
  );
  publishing.start();
  atEnd(() => publishing.stop());
};
