import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeStream, webhookKeySubject } from '#domain';
import { House, until } from '#testing';
import { keyEraser } from './key-eraser.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('The eraser of keys', () => {
  let house: House;
  beforeEach(() => void (house = new House()));
  afterEach(() => house.close());

  it('erases what a deleted node sealed, also when the keys could not be had at once', async () => {
    await house.enrol(uuid, { driver_info: { password: 'secret' } });
    const { driver_info } = (await house.node(uuid)).attributes;
    const breaks: unknown[] = [];
    let isAway = true;
    const keys = {
      erase: async (subject: string) => {
        if (isAway) throw new Error('the disk is full');
        await house.keys.erase(subject);
      },
    } as typeof house.keys;
    const eraser = keyEraser({
      store: house.store,
      keys,
      erased: house.keys.checkpoint,
      clock: house.clock,
      onBreak: error => breaks.push(error),
    });
    eraser.start();
    await house.send(uuid, 'DeleteNode', {});
    await until(() => breaks.length === 1, 'the break');
    expect(await house.content.plain(driver_info)).toEqual({ password: 'secret' });
    isAway = false;
    await house.clock.advance(60_000);
    const [deleted] = await house.events.readStreamBackwards(nodeStream(uuid), 1);
    await until(() => house.keys.checkpoint.get() === deleted!.position, 'the checkpoint');
    expect(await house.content.plain(driver_info)).toEqual({ password: '«erased»' });
    expect(breaks).toHaveLength(1);
    await eraser.stop();
  });

  it('goes on at the head where an older backup of the events was put back', async () => {
    await house.enrol(uuid, { driver_info: { password: 'secret' } });
    const { driver_info } = (await house.node(uuid)).attributes;
    const { store, keys, clock } = house;
    keys.checkpoint.set(1_000);
    const eraser = keyEraser({ store, keys, erased: keys.checkpoint, clock, onBreak: () => undefined });
    eraser.start();
    await house.send(uuid, 'DeleteNode', {});
    const [deleted] = await house.events.readStreamBackwards(nodeStream(uuid), 1);
    await until(() => keys.checkpoint.get() === deleted!.position, 'the checkpoint');
    expect(await house.content.plain(driver_info)).toEqual({ password: '«erased»' });
    await eraser.stop();
  });

  it('erases the secret of a webhook that is deleted', async () => {
    const secret = await house.content.seal(webhookKeySubject(uuid), 'secret');
    const filter = { node: [], type: [], stream: [] };
    const settings = { url: 'https://receiver.example/', filter, secret, enabled: true };
    await house.webhooks.handle(uuid, { type: 'CreateWebhook', ...settings, from: 0 }, house.cause());
    const { store, keys, clock } = house;
    const eraser = keyEraser({ store, keys, erased: keys.checkpoint, clock, onBreak: () => undefined });
    eraser.start();
    expect(await house.content.plainValue(secret)).toBe('secret');
    const { position } = await house.webhooks.handle(uuid, { type: 'DeleteWebhook' }, house.cause());
    await until(() => keys.checkpoint.get() === position, 'the checkpoint');
    expect(await house.content.plainValue(secret)).toBe('«erased»');
    await eraser.stop();
  });
});
