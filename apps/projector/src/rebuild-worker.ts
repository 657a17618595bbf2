import { parentPort, workerData } from 'node:worker_threads';
import { readEvents } from '#event-store/sqlite';
import { rebuildInto } from '#read-model';

export interface RebuildOrder {
  readonly path: string;
  readonly eventsPath: string;
}

export interface RebuildDone {
  readonly events: number;
  readonly position: number;
}

const { path, eventsPath } = workerData as RebuildOrder;
const events = readEvents(eventsPath);
const done: RebuildDone = await rebuildInto(path, {
  head: events.head,
  streamNames: events.streamNames,
  streamUntil: events.streamUntil,
  streamBefore: (stream, revision) => events.stream(stream, revision),
  readBlob: events.blob,
});
events.close();
parentPort?.postMessage(done);
