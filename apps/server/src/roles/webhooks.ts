import { httpPoster, WebhookDeliveries } from '#apps/relay';
import type { RoleParts } from './role.js';

/** Delivers events to the webhooks of clients. Of a fleet, one process at a time. */
export const startWebhooks = ({ configuration, engines, decisions, clock, logger }: RoleParts) => {
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
  deliveries.start();
  return {
    async stop(): Promise<void> {
      await deliveries.stop();
      poster.close();
    },
  };
};
