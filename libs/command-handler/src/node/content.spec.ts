import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Bag } from '#domain';
import { isSealed } from '#domain';
import { House } from '#testing';
import { byName, isBlob, MASK } from './content.js';

const rule = byName('node/x/0');
/** As it comes back from the store. */
const recorded = (bag: Bag): Bag => JSON.parse(JSON.stringify(bag)) as Bag;

describe('Content', () => {
  let house: House;
  beforeEach(() => {
    house = new House();
  });
  afterEach(() => house.close());
  const stored = async (bag: Bag) => recorded(await house.content.stored(bag, rule));

  it('seals what a name or a URL says is secret, wherever it is, and nothing else', async () => {
    const bag = await stored({
      password: 'secret',
      url: 'http://user:secret@host/image',
      params: 'console=ttyS0 ks=https://user:secret@host:80/x quiet',
      list: ['http://user:secret@host/', { token: 'secret' }, ['ftp://u:secret@h']],
      settings: [
        { name: 'AdminPassword', value: 'secret' },
        { name: 'BootMode', value: 'Uefi' },
      ],
      deep: { deeper: { auth_token: { whole: 'secret' }, port: 443 } },
      plain: 'http://host:8080/path@4',
      none: null,
      zero: 0,
    });
    expect(JSON.stringify(bag)).not.toContain('secret');
    const sealed = expect.objectContaining({ $sealed: expect.any(String) });
    expect(bag).toEqual({
      password: sealed,
      url: sealed,
      params: sealed,
      list: [sealed, { token: sealed }, [sealed]],
      settings: [
        { name: 'AdminPassword', value: sealed },
        { name: 'BootMode', value: 'Uefi' },
      ],
      deep: { deeper: { auth_token: sealed, port: 443 } },
      plain: 'http://host:8080/path@4',
      none: null,
      zero: 0,
    });
  });

  it('gives back what it was given, whatever is sealed, and whatever is big', () =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom('password', 'name', 'value', 'url', 'settings', 'plain'),
          fc.oneof(
            fc.jsonValue(),
            fc.constantFrom(
              'x'.repeat(3_000),
              'http://u:p@h/',
              { token: 'ü'.repeat(4_000) },
              { a: ['x'.repeat(2_100)] },
            ),
          ),
        ),
        async given => {
          const bag = recorded(given);
          expect(await house.content.plain(await stored(bag))).toEqual(bag);
        },
      ),
      { numRuns: 150 },
    ));

  it('makes blobs of big values, with what is secret in them sealed, and opens both', async () => {
    const given = { big: { text: 'x'.repeat(3_000), password: 'CANARY' }, small: 1 };
    const bag = await stored(given);
    expect(isBlob(bag.big)).toBe(true);
    expect(Buffer.from(await house.events.get(bag.big as never)).toString()).not.toContain('CANARY');
    expect(await house.content.plain(bag)).toEqual(given);
  });

  const many = (count: number, value: (index: number) => string): Bag =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value(index)]));

  it('makes blobs of the biggest values of a bag that is big as a whole, and leaves its names', async () => {
    const given = { address: '192.0.2.1', password: 'CANARY', ...many(30, index => 'ü'.repeat(200 + index)) };
    const bag = await stored(given);
    expect(Object.keys(bag)).toEqual(Object.keys(given));
    const blobs = Object.keys(bag).filter(name => isBlob(bag[name]));
    expect(blobs).toEqual(Object.keys(given).slice(-blobs.length));
    expect(bag.address).toBe('192.0.2.1');
    expect(await house.content.plain(bag)).toEqual(given);
  });

  it('makes no blobs of short values, and refuses what is too big all the same', async () => {
    expect(Object.values(await stored(many(39, () => 'x'.repeat(190)))).some(isBlob)).toBe(false);
    await expect(stored(many(45, () => 'x'.repeat(190)))).rejects.toMatchObject({
      code: 'request.invalid',
      details: { detail: expect.stringMatching(/^The 45 members of the object with k0, k1, k2 … take 8\d{3} bytes/) },
    });
  });

  it('lets a driver find what it needs in a driver_info that is big as a whole', async () => {
    const driverInfo = { type: 'object', required: ['fake_address'] };
    const strict = new House({
      hardware: fake => ({
        ...fake,
        interfaces: { ...fake.interfaces, power: fake.interfaces.power.map(power => ({ ...power, driverInfo })) },
      }),
    });
    const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
    const notes = many(60, () => 'x'.repeat(300));
    await strict.enrol(uuid, { driver_info: notes });
    const refusal = async () => strict.catalog.refusal(await strict.node(uuid), 'power');
    expect(await refusal()).toBe("driver_info must have 'fake_address'");
    await strict.send(uuid, 'PatchNode', {
      patch: [{ op: 'add', path: '/driver_info/fake_address', value: '192.0.2.1' }],
    });
    expect(await refusal()).toBeUndefined();
    const { driver_info } = (await strict.node(uuid)).attributes;
    expect(await strict.content.plain(driver_info)).toEqual({ ...notes, fake_address: '192.0.2.1' });
    await strict.close();
  });

  it('keeps an event with every bag of a node filled to the brim below the limit of the store', async () => {
    const brim = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`k${index}`, '漢'.repeat(650)]));
    expect(Object.values(await stored(brim)).some(isBlob)).toBe(false);
    const bags = { driver_info: brim, extra: brim, instance_info: brim, network_data: brim, properties: brim };
    await house.enrol('aaaaaaaa-0000-4000-8000-000000000000', { ...bags, description: '漢'.repeat(4_096) });
    const node = await house.node('aaaaaaaa-0000-4000-8000-000000000000');
    expect(await house.content.plain(node.attributes.extra)).toEqual(brim);
  });

  describe('with what was there before', () => {
    const change = async (before: Bag, wanted: Bag) => {
      const first = await stored(before);
      const second = recorded(await house.content.stored(wanted, rule, await house.content.known(first)));
      return { first, second, plain: await house.content.plain(second) };
    };

    it('records the same value in the same words', async () => {
      const bag = { password: 'x', url: 'http://u:p@h', big: 'x'.repeat(3_000), deep: { token: 'y' }, plain: 1 };
      const { first, second } = await change(bag, { ...bag });
      expect(second).toEqual(first);
    });

    it('does so where values are blobs because of the others, too', async () => {
      const bag = {
        password: 'x',
        ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'x'.repeat(1_500)])),
      };
      const { first, second } = await change(bag, { ...bag });
      expect(Object.values(first).some(isBlob)).toBe(true);
      expect(second).toEqual(first);
      expect((await change(bag, { ...bag, password: MASK })).plain).toEqual(bag);
    });

    it('seals another value anew', async () => {
      const { first, second, plain } = await change({ password: 'x', token: 'y' }, { password: 'z', token: 'y' });
      expect(second.password).not.toEqual(first.password);
      expect(second.token).toEqual(first.token);
      expect(plain).toEqual({ password: 'z', token: 'y' });
    });

    it('takes a mask to mean what is there, at any depth', async () => {
      const before = { password: 'x', deep: { user: 'a', password: 'y', list: [{ token: 'z' }, 'w'] } };
      const shown = { password: MASK, deep: { user: 'a', password: MASK, list: [{ token: MASK }, 'w'] } };
      const { first, second } = await change(before, shown);
      expect(second).toEqual(first);
      const { plain } = await change(before, { ...shown, deep: { ...shown.deep, user: 'b' } });
      expect(plain).toEqual({ password: 'x', deep: { ...before.deep, user: 'b' } });
    });

    it('takes a mask where nothing was for what it is', async () => {
      const { second, plain } = await change({ other: 1 }, { other: 1, password: MASK });
      expect(isSealed(second.password)).toBe(true);
      expect(plain.password).toBe(MASK);
    });

    it('keeps what was erased as it is', async () => {
      const first = await stored({ password: 'x', user: 'a' });
      await house.keys.erase('node/x/0');
      const known = await house.content.known(first);
      expect(known.plain).toEqual({ password: '«erased»', user: 'a' });
      for (const password of ['«erased»', MASK])
        expect(await house.content.stored({ password, user: 'b' }, rule, known)).toEqual({ ...first, user: 'b' });
    });
  });

  it('refuses names that are its own, from the bag itself down', async () => {
    const forms = [{ $sealed: 'k.x' }, { $blob: '0'.repeat(64) }, { $blob: '0'.repeat(64), sizeBytes: 1 }];
    for (const form of forms)
      for (const bag of [form, { a: form }, { a: [{ b: form }] }, { password: form }])
        for (const by of [rule, undefined])
          await expect(house.content.stored(bag, by)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('takes such names from machines, who cannot be refused', async () => {
    const told = await house.content.told({ $odd: 1, password: 'x', list: [{ value: 1 }] }, rule);
    expect(await house.content.plain(told)).toEqual({ $odd: 1, password: 'x', list: [{ value: 1 }] });
  });
});
