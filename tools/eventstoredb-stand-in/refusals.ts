import { Metadata, status } from '@grpc/grpc-js';
import type { Expected } from './expected.js';
import { expectedNumber } from './expected.js';

/*
 * What the server refuses, once as it knows it; batch-append.ts, append.ts and the rest each tell it in their own way.
 */

export class WrongExpectedVersion extends Error {
  constructor(
    readonly stream: string,
    readonly expected: Expected,
    /** -1n when there is no such stream. */
    readonly actual: bigint,
  ) {
    super(`${stream} is at ${actual}`);
  }
}

export class StreamDeleted extends Error {
  constructor(readonly stream: string) {
    super(`Event stream '${stream}' is deleted.`);
  }
}

export class AppendTooLarge extends Error {
  constructor(readonly limit: number) {
    super(`Maximum Append Size of ${limit} Exceeded.`);
  }
}

export class BadRequest extends Error {}

export class AccessDenied extends Error {}

export class NotReady extends Error {
  constructor() {
    super('Server Is Not Ready');
  }
}

export class NotLeader extends Error {
  constructor(readonly leader: { readonly host: string; readonly port: number }) {
    super('Leader info available');
  }
}

/** The outcome of the append is not told. */
export class TimedOut extends Error {}

/** A gRPC status with the trailers by which clients know what happened. */
export interface Failure {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

export const failure = (code: number, details: string, trailers: Record<string, string> = {}): Failure => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
};

/** Every refusal as the status of a call. */
export const statusOf = (error: unknown): Failure => {
  if (error instanceof WrongExpectedVersion) return wrongExpectedVersion(error);
  if (error instanceof StreamDeleted)
    return failure(status.FAILED_PRECONDITION, error.message, {
      exception: 'stream-deleted',
      'stream-name': error.stream,
    });
  if (error instanceof AppendTooLarge)
    return failure(status.INVALID_ARGUMENT, error.message, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(error.limit),
    });
  if (error instanceof NotLeader)
    return failure(status.NOT_FOUND, error.message, {
      exception: 'not-leader',
      'leader-endpoint-host': error.leader.host,
      'leader-endpoint-port': String(error.leader.port),
    });
  if (error instanceof AccessDenied)
    return failure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
  if (error instanceof NotReady) return failure(status.UNAVAILABLE, error.message);
  if (error instanceof TimedOut) return failure(status.DEADLINE_EXCEEDED, 'Operation timed out');
  if (isFailure(error)) return error;
  // A request that makes no sense ends a call like this too, and is nobody's fault here.
  if (!(error instanceof BadRequest)) console.error(error);
  return failure(status.UNKNOWN, 'Exception was thrown by handler.');
};

const isFailure = (error: unknown): error is Failure =>
  typeof error === 'object' && error !== null && 'code' in error && 'metadata' in error;

const wrongExpectedVersion = ({ stream, expected, actual }: WrongExpectedVersion): Failure => {
  const version = String(expectedNumber(expected));
  return failure(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${version}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': version,
      'actual-version': String(actual),
    },
  );
};
