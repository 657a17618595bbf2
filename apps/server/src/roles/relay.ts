import type { Duty } from '#postgres';
import { publicRelay, relay } from '#apps/relay';
import { onBreak, type RoleParts } from './role.js';
import { webhookDuty } from './webhooks.js';

/** Tells what happened: to conductors, who are woken, and to the world outside. */
export const startRelay = (parts: RoleParts): void => {
  const { engines, clock, logger, atEnd } = parts;
  const { store, log, publicLog } = engines;
  const start = (name: string, begin: () => Duty | Promise<Duty>) => {
    const duty = engines.asTheOnlyOne(name, begin);
    duty.start();
    atEnd(() => duty.stop());
  };
  start('relay', async () => {
    const checkpoint = await engines.checkpoint('relay');
    return relay({ store, log, clock, checkpoint, onBreak: onBreak(logger, 'waking conductors') });
  });
  if (publicLog)
    start('public relay', () =>
      publicRelay({ store, log: publicLog, clock, onBreak: onBreak(logger, 'publishing events') }),
    );
  start('webhooks', () => webhookDuty(parts));
};
