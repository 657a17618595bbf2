import type { Duty } from '#postgres';
import { httpPoster, WebhookDeliveries } from '#apps/relay';
import type { RoleParts } from './role.js';

/** Delivers events to the webhooks of clients. */
export const webhookDuty = ({ configuration, engines, decisions, clock, logger }: RoleParts): Duty => {
  const poster = httpPoster({ allowPrivate: configuration.webhookAllowPrivate });
  const deliveries = new WebhookDeliveries({
    store: engines.store,
    webhooks: decisions.webhooks,
    places: engines.webhookPlaces,
    poster,
    open: sealed => decisions.content.plainValue(sealed),
    clock,
    random: Math.random,
    report: (message, details) => logger.warn(details, message),
  });
  return {
    start: () => deliveries.start(),
    async stop(): Promise<void> {
      await deliveries.stop();
      poster.close();
    },
  };
};
