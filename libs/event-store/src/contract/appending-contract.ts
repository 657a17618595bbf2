import { describe, expect, it } from '@jest/globals';
import { EventTooLarge, InvalidAppend, MAX_EVENT_BYTES, WrongExpectedRevision } from '#domain';
import { anEvent, plain, someMetadata } from '#testing';
import type { StoreUnderTest } from './scene.js';
import { idsOf, Scene } from './scene.js';

/** `append`: exact revisions, repeats, limits, several streams. */
export const appendingContract = (makeStore: () => Promise<StoreUnderTest>, timeoutMs: number): void =>
  describe('appending', () => {
    const scene = new Scene(makeStore, timeoutMs);

    it('answers with what later reads give', async () => {
      const data = {
        text: 'Füße, 漢字, 🚀, \u0000, \u2028, "quoted", a\\b',
        none: null,
        number: -1.5e-7,
        nested: [{ deep: [[], {}] }],
        empty: '',
        left_out: undefined,
        __proto__: { inherited: true },
      };
      const metadata = { ...someMetadata, traceparent: '00-ab-cd-01', actorRoles: 'admin,reader' };
      const [appended] = await scene.append('a', 'no stream', anEvent('one', { type: 'Said', data, metadata }));
      const [read] = await scene.store.readStream(scene.stream('a'));
      expect(plain(appended!)).toEqual(plain(read!));
      expect(Object.keys(appended!.data)).toEqual(['text', 'none', 'number', 'nested', 'empty']);
      expect(plain(read!)).toEqual({
        id: 'one',
        type: 'Said',
        data: JSON.parse(JSON.stringify(data)),
        metadata,
        stream: scene.stream('a'),
        revision: 0,
        position: expect.any(Number),
        recorded: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
    });

    it('keeps what it was given when the caller changes it afterwards', async () => {
      const data = { mutable: 'before' };
      const appending = scene.append('a', 'no stream', anEvent('one', { data }));
      data.mutable = 'after';
      const [appended] = await appending;
      expect(appended!.data).toEqual({ mutable: 'before' });
    });

    it('numbers the events of a stream from 0, and all by growing positions', async () => {
      const first = await scene.append('a', 'no stream', anEvent('1'), anEvent('2'));
      const other = await scene.append('b', 'no stream', anEvent('3'));
      const second = await scene.append('a', 1, anEvent('4'));
      const events = [...first, ...other, ...second];
      expect(events.map(({ revision }) => revision)).toEqual([0, 1, 0, 2]);
      const positions = events.map(({ position }) => position);
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
      expect(positions[0]).toBeGreaterThan(scene.start);
    });

    it('takes an append at the exact revision alone, and says which one it is', async () => {
      await expect(scene.append('a', 0, anEvent('x'))).rejects.toMatchObject({
        stream: scene.stream('a'),
        expected: 0,
        actual: 'no stream',
      });
      await scene.fill('a', 3);
      for (const expected of ['no stream', 0, 1, 3, 99] as const) {
        const appending = scene.append('a', expected, anEvent('y'));
        await expect(appending).rejects.toBeInstanceOf(WrongExpectedRevision);
        await expect(appending).rejects.toMatchObject({ expected, actual: 2 });
      }
      expect(idsOf(await scene.all())).toEqual(['a-0', 'a-1', 'a-2']);
    });

    it('knows no "any", by whichever number', async () => {
      await scene.fill('a', 1);
      for (const expected of [-1, -2, -4, 0.5, Number.NaN, Infinity])
        await expect(scene.append('a', expected, anEvent('x'))).rejects.toBeInstanceOf(InvalidAppend);
      expect(await scene.all()).toHaveLength(1);
    });

    it(
      'lets one of 1,000 racing writers have a revision',
      async () => {
        const writers = Array.from({ length: 1_000 }, (_, writer) => `writer-${writer}`);
        const outcomes = await Promise.allSettled(writers.map(id => scene.append('a', 'no stream', anEvent(id))));
        const lost = outcomes.filter(outcome => outcome.status === 'rejected').map(({ reason }) => reason as Error);
        expect(lost).toHaveLength(999);
        expect(lost.filter(error => !(error instanceof WrongExpectedRevision))).toEqual([]);
        const won = writers[outcomes.findIndex(({ status }) => status === 'fulfilled')];
        expect(idsOf(await scene.all())).toEqual([won]);
      },
      3 * timeoutMs,
    );

    it(
      'lets each revision be won once while many go on writing',
      async () => {
        const writer = async (name: string): Promise<void> => {
          for (let written = 0, revision = -1; written < 10;) {
            try {
              const expected = revision < 0 ? 'no stream' : revision;
              const [event] = await scene.append('a', expected, anEvent(`${name}/${revision + 1}`));
              revision = event!.revision;
              written++;
            } catch (error) {
              if (!(error instanceof WrongExpectedRevision)) throw error;
              revision = error.actual === 'no stream' ? -1 : error.actual;
            }
          }
        };
        await Promise.all(Array.from({ length: 25 }, (_, index) => writer(`w${index}`)));
        const events = await scene.store.readStream(scene.stream('a'));
        expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: 250 }, (_, index) => index));
        expect(events.every(({ id, revision }) => id.endsWith(`/${revision}`))).toBe(true);
      },
      3 * timeoutMs,
    );

    it('takes all events of a stream or none', async () => {
      const large = anEvent('large', { data: { text: 'x'.repeat(MAX_EVENT_BYTES) } });
      await expect(scene.append('a', 'no stream', anEvent('1'), large)).rejects.toBeInstanceOf(EventTooLarge);
      await scene.append('a', 'no stream', anEvent('1'), anEvent('2'));
      await expect(scene.append('a', 0, anEvent('3'), anEvent('4'))).rejects.toBeInstanceOf(WrongExpectedRevision);
      expect(idsOf(await scene.all())).toEqual(['1', '2']);
    });

    it('takes data of 64 KB and not a byte more', async () => {
      // The bytes of the serialised data count, not its characters: {"text":"…"} is 11 bytes besides.
      const ofBytes = (sizeBytes: number) => ({ text: 'ü'.repeat((sizeBytes - 12) / 2) + '!' });
      await scene.append('a', 'no stream', anEvent('1', { data: ofBytes(MAX_EVENT_BYTES) }));
      const above = anEvent('2', { type: 'Large', data: { text: `${ofBytes(MAX_EVENT_BYTES).text}!` } });
      const appending = scene.store.append([scene.to('b', 'no stream', anEvent('3')), scene.to('a', 0, above)]);
      await expect(appending).rejects.toBeInstanceOf(EventTooLarge);
      await expect(appending).rejects.toMatchObject({ type: 'Large', sizeBytes: MAX_EVENT_BYTES + 1 });
      expect(idsOf(await scene.all())).toEqual(['1']);
    });

    it('refuses what can never be appended', async () => {
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      for (const appends of [
        [scene.to('a', 'no stream', anEvent('1')), scene.to('a', 0, anEvent('2'))],
        [scene.to('a', 'no stream', anEvent('1')), scene.to('a', 'no stream', anEvent('2'))],
        [scene.to('a', 'no stream')],
        [scene.to('a', 'no stream', anEvent('1', { data: circular }))],
        [scene.to('a', 'no stream', anEvent('1', { data: { big: 1n } }))],
        [scene.to('a', 'no stream', anEvent('1', { data: [] }))],
        [scene.to('a', 'no stream', anEvent(undefined as never))],
      ])
        await expect(scene.store.append(appends)).rejects.toBeInstanceOf(InvalidAppend);
      expect(await scene.store.append([])).toEqual([]);
      expect(await scene.all()).toEqual([]);
    });

    describe('the same again', () => {
      it('is answered as the first time, and written once', async () => {
        const events = [anEvent('1'), anEvent('2')];
        const first = await scene.append('a', 'no stream', ...events);
        const again = await scene.append('a', 'no stream', ...events);
        expect(again.map(plain)).toEqual(first.map(plain));
        expect(idsOf(await scene.all())).toEqual(['1', '2']);
      });

      it('is so after others have appended, too', async () => {
        const first = await scene.append('a', 'no stream', anEvent('1'));
        await scene.append('a', 0, anEvent('2'), anEvent('3'));
        expect((await scene.append('a', 'no stream', anEvent('1'))).map(plain)).toEqual(first.map(plain));
        expect((await scene.append('a', 0, anEvent('2'), anEvent('3'))).map(({ revision }) => revision)).toEqual([
          1, 2,
        ]);
        expect(idsOf(await scene.all())).toEqual(['1', '2', '3']);
      });

      it('is so when both are asked for at once', async () => {
        const both = await Promise.all([1, 2].map(() => scene.append('a', 'no stream', anEvent('1'))));
        expect(both[0]!.map(plain)).toEqual(both[1]!.map(plain));
        expect(await scene.all()).toHaveLength(1);
      });

      it('is a conflict when it is not quite the same', async () => {
        await scene.append('a', 'no stream', anEvent('1'), anEvent('2'));
        for (const events of [
          [anEvent('other')],
          [anEvent('1'), anEvent('other')],
          [anEvent('1'), anEvent('2'), anEvent('3')],
        ])
          await expect(scene.append('a', 'no stream', ...events)).rejects.toBeInstanceOf(WrongExpectedRevision);
        await expect(scene.append('a', 0, anEvent('1'))).rejects.toBeInstanceOf(WrongExpectedRevision);
      });
    });

    describe('to several streams', () => {
      it('answers in the order of the call', async () => {
        await scene.fill('b', 1);
        const events = await scene.store.append([
          scene.to('c', 'no stream', anEvent('1')),
          scene.to('b', 0, anEvent('2'), anEvent('3')),
          scene.to('a', 'no stream', anEvent('4')),
        ]);
        expect(idsOf(events)).toEqual(['1', '2', '3', '4']);
        expect(events.map(({ stream, revision }) => [stream, revision])).toEqual([
          [scene.stream('c'), 0],
          [scene.stream('b'), 1],
          [scene.stream('b'), 2],
          [scene.stream('a'), 0],
        ]);
      });

      it('leaves nothing of a refused call where it is atomic, else the streams before the refused one', async () => {
        await scene.fill('b', 1);
        const appending = scene.store.append([
          scene.to('a', 'no stream', anEvent('1')),
          scene.to('b', 'no stream', anEvent('2')),
          scene.to('c', 'no stream', anEvent('3')),
        ]);
        await expect(appending).rejects.toMatchObject({ stream: scene.stream('b'), actual: 0 });
        expect(idsOf(await scene.all())).toEqual(scene.store.atomicAcrossStreams ? ['b-0'] : ['b-0', '1']);
      });

      it('completes what an earlier call had begun', async () => {
        await scene.append('a', 'no stream', anEvent('1'));
        await scene.append('a', 0, anEvent('by another'));
        const call = [scene.to('a', 'no stream', anEvent('1')), scene.to('b', 'no stream', anEvent('2'))];
        for (const _twice of [1, 2]) expect(idsOf(await scene.store.append(call))).toEqual(['1', '2']);
        expect(idsOf(await scene.all())).toEqual(['1', 'by another', '2']);
      });
    });
  });
