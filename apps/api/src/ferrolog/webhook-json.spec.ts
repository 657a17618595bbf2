import { describe, expect, it } from '@jest/globals';
import type { EventStore, RecordedEvent, StoreIdentity } from '#domain';
import { positionToken, webhookAggregate } from '#domain';
import { deadLetters, webhookJson } from './webhook-json.js';

describe('A webhook that was moved here with all events', () => {
  const before: StoreIdentity = { storeId: '0a0a0a0a', generation: 3 };
  const identity: StoreIdentity = { storeId: '0b0b0b0b', generation: 1, movedFrom: { ...before, upTo: 5_000 } };
  const store = { identity } as EventStore;
  const webhook = { ...webhookAggregate.initial('u'), present: true, from: 7, fromRevision: 0 };

  it('shows where it began as a position of the store that recorded it, which nobody takes for another', () => {
    const shown = (fromRecordedAt: number) =>
      webhookJson({ ...webhook, fromRecordedAt }, undefined, store).delivered_to;
    expect(shown(4_000)).toBe(positionToken(before, 7));
    expect(shown(5_001)).toBe(positionToken(identity, 7));
  });

  it('shows how far it was served as a position of this store', () => {
    const place = { fromRevision: 0, position: 4_500 };
    const shown = webhookJson({ ...webhook, fromRecordedAt: 4_000 }, place, store);
    expect(shown.delivered_to).toBe(positionToken(identity, 4_500));
  });

  it('shows places of dead letters as positions of the store that recorded them', () => {
    const data = { position: 9, after: 8, event: 'e', type: 'T', stream: 's', attempts: 1, since: '', reason: 'no' };
    const letter = (position: number) => ({ type: 'WebhookDeadLettered', data, position }) as unknown as RecordedEvent;
    expect(deadLetters([letter(4_000), letter(5_001)], store)).toMatchObject([
      { position: positionToken(identity, 9), from: positionToken(identity, 8) },
      { position: positionToken(before, 9), from: positionToken(before, 8) },
    ]);
  });
});
