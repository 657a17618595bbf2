import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { append, currentField, expectedField, requestOf, Silence, writtenOf } from './appending.js';
import { streamOf } from './expected.js';
import type { Chunk, ChunkAnswer, Detail, WireProposed, WireTarget } from './protocol.js';
import {
  AccessDenied,
  AppendTooLarge,
  BadRequest,
  NotReady,
  statusOf,
  StreamDeleted,
  TimedOut,
  WrongExpectedVersion,
} from './refusals.js';
import type { Server } from './server.js';
import { uuidOf } from './uuid.js';

interface Pending {
  readonly target: WireTarget;
  readonly events: WireProposed[];
}

/** Many appends, one call, which lives as long as its client. Refusals of an append are messages. */
export const handleBatchAppend =
  (server: Server) =>
  (call: ServerDuplexStream<Chunk, ChunkAnswer>): void => {
    const { access, log, faults } = server;
    try {
      access.authenticate(call.metadata);
      access.requireLeader(call.metadata);
    } catch (error) {
      call.emit('error', statusOf(error));
      return;
    }
    const pending = new Map<string, Pending>();
    let unanswered = 0;
    let hasEnded = false;
    const run = async ({ target, events }: Pending): Promise<Pick<ChunkAnswer, 'written' | 'refused'>> => {
      access.authorize(call.metadata);
      access.requireWritable();
      return { written: writtenOf(await append(log, faults, requestOf(target, events))) };
    };
    const answer = async (chunk: Chunk, whole: Pending): Promise<void> => {
      const stream = { name: Buffer.from(streamOf(whole.target)) };
      try {
        call.write({ appendId: chunk.appendId, stream, ...(await run(whole)) });
      } catch (error) {
        if (!(error instanceof Silence)) call.write({ appendId: chunk.appendId, stream, refused: refusedOf(error) });
        else if (error.isReset) server.breakConnections();
      }
      if (--unanswered === 0 && hasEnded) call.end();
    };
    call.on('data', (chunk: Chunk) => {
      const id = uuidOf(chunk.appendId);
      const whole = pending.get(id) ?? { target: chunk.target ?? {}, events: [] };
      whole.events.push(...(chunk.events ?? []));
      pending.set(id, whole);
      if (!chunk.isLast) return;
      pending.delete(id);
      unanswered++;
      void answer(chunk, whole);
    });
    call.on('end', () => {
      hasEnded = true;
      if (unanswered === 0) call.end();
    });
    // A client that goes away takes its call with it; what it asked for is done all the same.
    call.on('error', () => {});
  };

const refusedOf = (error: unknown): ChunkAnswer['refused'] => {
  if (error instanceof WrongExpectedVersion)
    return refused(status.ALREADY_EXISTS, 'WrongExpectedVersion', {
      ...currentField('current', error.actual),
      ...expectedField('expected', error.expected),
    });
  if (error instanceof StreamDeleted)
    return refused(status.NOT_FOUND, 'StreamDeleted', { stream: { name: Buffer.from(error.stream) } });
  if (error instanceof AppendTooLarge)
    return refused(status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', { limit: error.limit });
  if (error instanceof BadRequest) return refused(status.INVALID_ARGUMENT, 'BadRequest', { text: error.message });
  if (error instanceof AccessDenied) return refused(status.PERMISSION_DENIED, 'AccessDenied', {});
  if (error instanceof TimedOut) return refused(status.DEADLINE_EXCEEDED, 'Timeout', {});
  const message = error instanceof NotReady ? error.message : String(error);
  const code = error instanceof NotReady ? status.UNAVAILABLE : status.UNKNOWN;
  return { code, message, detail: { '@type': 'type.googleapis.com/google.protobuf.Empty' } };
};

const refused = (code: number, name: string, fields: Record<string, unknown>): ChunkAnswer['refused'] => ({
  code,
  message: name,
  detail: { '@type': `type.googleapis.com/event_store.client.${name}`, ...fields } as Detail,
});
