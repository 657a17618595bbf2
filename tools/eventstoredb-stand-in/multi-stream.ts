import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { AppendRequest } from './append-to-stream.js';
import { dataBytes, judgeAppend, MAX_APPEND_BYTES } from './append-to-stream.js';
import { eventId, Silence, withFaults } from './appending.js';
import type { ProposedEvent } from './event-log.js';
import type { Expected } from './expected.js';
import { expectedNumber } from './expected.js';
import type { Detail, Session, SessionPart, WireValue } from './protocol.js';
import { richStatus } from './protocol.js';
import type { Failure } from './refusals.js';
import { failure, statusOf, StreamDeleted, WrongExpectedVersion } from './refusals.js';
import type { Server } from './server.js';

/**
 * Several streams, one append: all of it or nothing (25.1 and later). No real server was asked: what is refused, and
 * how, is what the clients understand; a repeat is answered like that of an append to one stream.
 */
export const handleAppendSession =
  (server: Server) =>
  (call: ServerReadableStream<SessionPart, Session>, answer: sendUnaryData<Session>): void => {
    const parts: SessionPart[] = [];
    const run = async (): Promise<Session> => {
      server.access.authenticate(call.metadata);
      server.access.authorize(call.metadata);
      server.access.requireLeader(call.metadata);
      server.access.requireWritable();
      const requests = parts.map(requestOf);
      requireFitting(requests);
      const streams = requests.map(({ stream }) => stream);
      return withFaults(server.log, server.faults, streams, () => appendAll(server, requests));
    };
    call.on('data', (part: SessionPart) => parts.push(part));
    call.on('end', () => {
      run().then(
        session => answer(null, session),
        error => {
          if (!(error instanceof Silence)) answer(refusalOf(error));
          else if (error.isReset) server.breakConnections();
        },
      );
    });
  };

/** All are judged before the first is written. */
const appendAll = ({ log }: Server, requests: readonly AppendRequest[]): Session => {
  const writes = requests.map(request => judgeAppend(log, request));
  const results = writes.map(write => write());
  const positions = results.map(({ position }) => position ?? 0n);
  return {
    done: results.map(({ revision = 0n }, index) => ({
      stream: requests[index]!.stream,
      revision: String(revision),
      position: String(positions[index]),
    })),
    position: String(positions.reduce((last, position) => (position > last ? position : last), 0n)),
  };
};

const requireFitting = (requests: readonly AppendRequest[]): void => {
  const seen = new Set<string>();
  for (const { stream } of requests) {
    if (seen.has(stream))
      throw refused(status.ABORTED, `Stream ${stream} is already in the session.`, 'StreamAlreadyInAppendSession', {
        stream,
      });
    seen.add(stream);
  }
  const size = requests.reduce((sum, request) => sum + dataBytes(request), 0);
  if (size > MAX_APPEND_BYTES)
    throw refused(status.ABORTED, 'The append is too large.', 'AppendTransactionSizeExceeded', {
      size,
      limit: MAX_APPEND_BYTES,
    });
};

const requestOf = ({ stream = '', expected = '-2', records = [] }: SessionPart): AppendRequest => ({
  stream,
  expected: ({ '-1': 'missing', '-2': 'any', '-4': 'exists' }[expected] as Expected) ?? BigInt(expected),
  events: records.map(proposedOf),
});

const JSON_FORMAT = 1;

const proposedOf = ({ id, properties, schema, data }: NonNullable<SessionPart['records']>[number]): ProposedEvent => ({
  id: eventId({ text: id }),
  type: schema?.name ?? '',
  contentType: schema?.format === JSON_FORMAT ? 'application/json' : 'application/octet-stream',
  data: data ?? Buffer.alloc(0),
  metadata: Buffer.from(properties ? JSON.stringify(plain(properties)) : ''),
});

const plain = (properties: Record<string, WireValue>): object =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { stringValue, numberValue, boolValue }]) => [
      name,
      stringValue ?? numberValue ?? boolValue ?? null,
    ]),
  );

const refusalOf = (error: unknown): Failure => {
  if (error instanceof WrongExpectedVersion) {
    const { stream, expected, actual } = error;
    const fields = { stream, expected: String(expectedNumber(expected)), actual: String(actual) };
    const text = `Append failed due to a revision conflict on stream '${stream}'. Expected revision: ${fields.expected}. Actual revision: ${fields.actual}.`;
    return refused(status.FAILED_PRECONDITION, text, 'StreamRevisionConflict', fields);
  }
  if (error instanceof StreamDeleted)
    return refused(status.FAILED_PRECONDITION, error.message, 'StreamTombstoned', { stream: error.stream });
  return statusOf(error);
};

const refused = (code: number, message: string, name: string, fields: Record<string, unknown>): Failure => {
  const type = `type.googleapis.com/kurrentdb.protocol.v2.streams.errors.${name}ErrorDetails`;
  const details = [{ '@type': type, ...fields } as Detail];
  const refusal = failure(code, message);
  refusal.metadata.set('grpc-status-details-bin', richStatus({ code, message, details }));
  return refusal;
};
