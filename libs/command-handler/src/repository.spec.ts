import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { nodeAggregate } from '#domain';
import { aNode, NODE } from '#testing';
import { Repository } from './repository.js';

/** Streams in memory, and a note of every read. */
const aStore = () => {
  const streams = new Map<string, readonly RecordedEvent[]>();
  const reads: string[] = [];
  const store = {
    readStream: async (stream: string, from = 0) => {
      reads.push(`${stream} from ${from}`);
      return (streams.get(stream) ?? []).slice(from);
    },
  };
  return { streams, reads, store };
};

describe('The repository', () => {
  const { events } = aNode().manageable();
  const stream = nodeAggregate.stream(NODE);

  it('reads a stream on from where it left it', async () => {
    const { streams, reads, store } = aStore();
    const repository = new Repository(store, nodeAggregate);
    streams.set(stream, events.slice(0, 2));
    expect((await repository.load(NODE)).revision).toBe(1);
    streams.set(stream, events);
    expect((await repository.load(NODE)).provisionState).toBe('manageable');
    expect((await repository.load(NODE)).revision).toBe(events.length - 1);
    expect(reads).toEqual([`${stream} from 0`, `${stream} from 2`, `${stream} from ${events.length}`]);
  });

  it('never goes back to what a slower reader had read', async () => {
    const { streams, store } = aStore();
    const repository = new Repository(store, nodeAggregate);
    streams.set(stream, events);
    const newest = await repository.load(NODE);
    expect(repository.keep(NODE, repository.fold(nodeAggregate.initial(NODE), events.slice(0, 1)))).toBe(newest);
    expect(await repository.load(NODE)).toEqual(newest);
  });

  it('folds an event once, however often it is given', () => {
    const repository = new Repository(aStore().store, nodeAggregate);
    const node = repository.fold(nodeAggregate.initial(NODE), events);
    expect(repository.fold(node, events)).toBe(node);
  });

  it('keeps those that were used last', async () => {
    const { reads, store } = aStore();
    const repository = new Repository(store, nodeAggregate, 2);
    store.readStream = async (name, from = 0) => (reads.push(`${name} from ${from}`), from === 0 ? events : []);
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await repository.load(id);
    const end = events.length;
    expect(reads).toEqual([
      'node-a from 0', 'node-b from 0', `node-a from ${end}`, 'node-c from 0', `node-a from ${end}`, 'node-b from 0',
    ]); // prettier-ignore
  });
});
