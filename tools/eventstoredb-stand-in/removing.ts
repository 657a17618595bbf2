import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { EventLog } from './event-log.js';
import { END_OF_STREAM, metadataEvent } from './event-log.js';
import type { Expected } from './expected.js';
import { expectedOf, streamOf } from './expected.js';
import type { Removal, Removed } from './protocol.js';
import { statusOf, StreamDeleted, WrongExpectedVersion } from './refusals.js';
import type { Server } from './server.js';

type Remove = (log: EventLog, stream: string) => bigint;

/** Only metadata: the stream may be appended to again. It keeps no more of its metadata than the server does. */
const deleteSoftly: Remove = (log, stream) =>
  log.write(`$$${stream}`, [metadataEvent(Buffer.from(`{"$tb":${END_OF_STREAM}}`))]);

/** For good: an event at the end of all revisions. */
const tombstone: Remove = (log, stream) => {
  const none = Buffer.alloc(0);
  const contentType = 'application/octet-stream';
  const event = { id: randomUUID(), type: '$streamDeleted', contentType, data: none, metadata: none };
  return log.write(stream, [event], END_OF_STREAM);
};

/** A stream that never was can be tombstoned, but not deleted. */
const requireExpected = (log: EventLog, stream: string, expected: Expected, mayBeMissing: boolean): void => {
  const { last, isTombstoned } = log.state(stream);
  if (isTombstoned) throw new StreamDeleted(stream);
  const isMissing = last === -1n;
  const isMet =
    expected === 'missing'
      ? isMissing
      : expected === 'any'
        ? mayBeMissing || !isMissing
        : expected === 'exists'
          ? !isMissing
          : last === expected;
  if (!isMet) throw new WrongExpectedVersion(stream, expected, last);
};

const handler =
  (remove: Remove, mayBeMissing: boolean) =>
  (server: Server) =>
  ({ request, metadata }: ServerUnaryCall<Removal, Removed>, answer: sendUnaryData<Removed>): void => {
    const run = async (): Promise<Removed> => {
      server.access.authenticate(metadata);
      server.access.authorize(metadata);
      server.access.requireLeader(metadata);
      server.access.requireWritable();
      const target = request.target ?? {};
      const stream = streamOf(target);
      const position = await server.log.commit(() => {
        requireExpected(server.log, stream, expectedOf(target), mayBeMissing);
        return String(remove(server.log, stream));
      });
      return { position: { commit: position, prepare: position } };
    };
    run().then(
      removed => answer(null, removed),
      error => answer(statusOf(error)),
    );
  };

export const handleDelete = handler(deleteSoftly, false);
export const handleTombstone = handler(tombstone, true);
