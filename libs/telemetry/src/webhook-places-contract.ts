import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoreIdentity, WebhookPlaces } from '#domain';

const one = '11111111-0000-4000-8000-000000000000';
const two = '22222222-0000-4000-8000-000000000000';
const identity = { storeId: 'abcdef01', generation: 1 };

/** What every keeper of webhooks' places does. `open` opens the same one each time. */
export const webhookPlacesContract = (
  name: string,
  open: (identity: StoreIdentity) => WebhookPlaces | Promise<WebhookPlaces>,
): void =>
  describe(`Places of webhooks in ${name}`, () => {
    let places: WebhookPlaces;
    beforeEach(async () => void (places = await open(identity)));
    afterEach(() => places.close());
    const reopen = async (as: StoreIdentity = identity) => {
      await places.close();
      places = await open(as);
    };

    it('are none at first', async () => {
      expect(await places.found()).toEqual({ uuids: [], position: 0 });
      expect(await places.place(one)).toBeUndefined();
    });

    it('outlive the process', async () => {
      const failing = { since: 1, event: 9, eventSince: 2, reason: 'no answer' };
      await places.find([two, one], 5);
      await places.find([one]);
      await places.keep(one, { fromRevision: 0, position: 3 });
      await places.keep(one, { fromRevision: 2, position: 8, failing });
      await places.keep(two, { fromRevision: 0, position: 1, failing });
      await places.keep(two, { fromRevision: 0, position: 4 });
      await reopen();
      expect(await places.found()).toEqual({ uuids: [one, two], position: 5 });
      expect(await places.place(one)).toEqual({ fromRevision: 2, position: 8, failing });
      expect(await places.place(two)).toEqual({ fromRevision: 0, position: 4 });
    });

    it('are forgotten with the webhook alone', async () => {
      await places.find([one, two], 5);
      await places.keep(one, { fromRevision: 0, position: 3 });
      await places.lose(one);
      expect(await places.found()).toEqual({ uuids: [two], position: 5 });
      expect(await places.place(one)).toBeUndefined();
    });

    it.each([
      ['another store', { ...identity, storeId: '12345678' }],
      ['the store of a backup', { ...identity, generation: 2 }],
    ])('say nothing about %s', async (_, other) => {
      await places.find([one], 5);
      await places.keep(one, { fromRevision: 0, position: 3 });
      await reopen(other);
      expect(await places.found()).toEqual({ uuids: [], position: 0 });
      expect(await places.place(one)).toBeUndefined();
    });
  });
