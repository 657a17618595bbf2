import type { AppendStreamRequest } from '@kurrent/kurrentdb-client';
import * as kurrent from '@kurrent/kurrentdb-client';
import { describe, expect, it } from '@jest/globals';
import { collected, refusalOf } from './peer.js';
import { aScene } from './scene.js';

// Only this client of the two can do it.
const client = {
  name: '@kurrent/kurrentdb-client',
  scheme: 'kurrentdb',
  module: { ...kurrent, Client: kurrent.KurrentDBClient },
  filtersReads: true,
  keepsMilliseconds: false,
  badRead: () => ({ type: 'unavailable' }),
} as const;

describe('An append to several streams', () => {
  const scene = aScene(client, { multiStreamAppend: true });
  const old = aScene(client);

  const append = (...requests: [stream: string, names: string, expectedState: bigint | string][]) =>
    scene.connection.client.multiStreamAppend(
      requests.map(
        ([streamName, names, expectedState]) =>
          ({ streamName, events: scene.events(names), expectedState }) as AppendStreamRequest,
      ),
    );
  const types = async () =>
    (await collected(scene.connection.client.readAll({ filter: kurrent.excludeSystemEvents() }))).map(
      ({ streamId, type }) => `${streamId} ${type}`,
    );

  it('is done all at once', async () => {
    await scene.connection.append('s', scene.events('a'));
    const { responses, position } = await append(['s', 'b c', 0n], ['t', 'd', 'no_stream'], ['u', 'e', 'any']);
    expect(responses).toEqual([
      { streamName: 's', revision: 2n },
      { streamName: 't', revision: 0n },
      { streamName: 'u', revision: 0n },
    ]);
    const [last] = await collected(scene.connection.client.readStream('u'));
    expect(last!.position).toEqual({ commit: position, prepare: position });
    expect(await types()).toEqual(['s Event-a', 's Event-b', 's Event-c', 't Event-d', 'u Event-e']);
    // Sent again, because its answer was lost.
    expect((await append(['s', 'b c', 0n], ['t', 'd', 'no_stream'], ['u', 'e', 'any'])).position).toBe(position);
  });

  it('is refused as a whole, whichever stream refuses', async () => {
    await scene.connection.append('t', scene.events('a'));
    await scene.connection.client.tombstoneStream('gone');
    expect(await refusalOf(append(['s', 'b', 'no_stream'], ['t', 'c', 'no_stream']))).toMatchObject({
      type: 'wrong-expected-version',
      expected: 'no_stream',
      actual: 0n,
    });
    expect(await refusalOf(append(['s', 'b', 'any'], ['gone', 'c', 'any']))).toMatchObject({ code: 9 });
    expect(await refusalOf(append(['s', 'b', 'any'], ['s', 'c', 'any']))).toMatchObject({ code: 10 });
    expect(await types()).toEqual(['t Event-a']);
  });

  it('is unknown to a server that does not announce it', async () => {
    const outcome = old.connection.client.multiStreamAppend([]);
    expect(await refusalOf(outcome)).toMatchObject({ type: 'unsupported' });
  });
});
