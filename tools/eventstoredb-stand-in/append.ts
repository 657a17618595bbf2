import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { append, currentField, expectedField, requestOf, Silence, writtenOf } from './appending.js';
import type { AppendAnswer, AppendPart, WireProposed } from './protocol.js';
import { statusOf, WrongExpectedVersion } from './refusals.js';
import type { Server } from './server.js';

/** One append, one call: the target first, then an event per message. */
export const handleAppend =
  (server: Server) =>
  (call: ServerReadableStream<AppendPart, AppendAnswer>, answer: sendUnaryData<AppendAnswer>): void => {
    const { access, log, faults } = server;
    let target: AppendPart['target'];
    const events: WireProposed[] = [];
    const run = async (): Promise<AppendAnswer> => {
      access.authenticate(call.metadata);
      access.authorize(call.metadata);
      access.requireLeader(call.metadata);
      access.requireWritable();
      return { written: writtenOf(await append(log, faults, requestOf(target ?? {}, events))) };
    };
    call.on('data', (part: AppendPart) => {
      if (part.target) target = part.target;
      else if (part.event) events.push(part.event);
    });
    call.on('end', () => {
      run().then(
        result => answer(null, result),
        error => {
          if (error instanceof WrongExpectedVersion) answer(null, { refused: refusedOf(error) });
          else if (!(error instanceof Silence)) answer(statusOf(error));
          else if (error.isReset) server.breakConnections();
        },
      );
    });
  };

/** Not a status: a refusal is an answer like any other. */
const refusedOf = ({ expected, actual }: WrongExpectedVersion): AppendAnswer['refused'] =>
  ({
    ...currentField('oldCurrent', actual),
    ...(expected === 'missing' ? {} : expectedField('oldExpected', expected)),
    ...currentField('current', actual),
    ...expectedField('expected', expected),
  }) as AppendAnswer['refused'];
