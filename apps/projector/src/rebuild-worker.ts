import { parentPort, workerData } from 'node:worker_threads';
import { readEvents } from '#event-store/sqlite';
import { fill } from '#read-model/filling';

export interface RebuildOrder {
  readonly path: string;
  readonly eventsPath: string;
}

export interface RebuildDone {
  readonly events: number;
  readonly position: number;
}

const { path, eventsPath } = workerData as RebuildOrder;
const { head, streams, blob, close } = readEvents(eventsPath);
const done: RebuildDone = fill(path, { head, streams, readBlob: blob });
close();
parentPort?.postMessage(done);
