import type { AppendRequest, AppendResult } from './append-to-stream.js';
import { appendToStream } from './append-to-stream.js';
import type { EventLog, ProposedEvent } from './event-log.js';
import type { Expected } from './expected.js';
import { expectedOf, streamOf } from './expected.js';
import type { Faults } from './faults.js';
import type { WireProposed, WireTarget, WireWritten } from './protocol.js';
import { BadRequest, TimedOut } from './refusals.js';
import { uuidOf } from './uuid.js';

/** No answer is to be sent: `reset` also asks for the connection to break. */
export class Silence extends Error {
  constructor(readonly isReset: boolean) {
    super('the answer is lost');
  }
}

/** @throws BadRequest, and what appendToStream throws; with a fault in force TimedOut, Silence */
export const append = (log: EventLog, faults: Faults, request: AppendRequest): Promise<AppendResult> =>
  withFaults(log, faults, [request.stream], () => appendToStream(log, request));

/** Commits the job, or not, and tells or not, as the faults have it. @throws TimedOut, Silence, what the job throws */
export const withFaults = async <T>(
  log: EventLog,
  faults: Faults,
  streams: readonly string[],
  job: () => T,
): Promise<T> => {
  const fault = faults.take('outcome-unknown', ({ stream = '' }) => streams.some(name => name.startsWith(stream)));
  if (!fault) return log.commit(job);
  if (fault.stored) await log.commit(job);
  if (fault.answer === 'timeout') throw new TimedOut();
  throw new Silence(fault.answer === 'reset');
};

/** @throws BadRequest */
export const requestOf = (target: WireTarget, events: readonly WireProposed[]): AppendRequest => {
  const stream = streamOf(target);
  if (stream === '') throw new BadRequest("Required element in 'stream_identifier' is missing or empty.");
  return { stream, expected: expectedOf(target), events: events.map(proposedOf) };
};

const nil = '00000000-0000-0000-0000-000000000000';

const proposedOf = ({ id, properties = {}, metadata, data }: WireProposed): ProposedEvent => {
  const { type = '', 'content-type': contentType = 'application/octet-stream' } = properties;
  if (type === '') throw new BadRequest("Empty eventType provided. (Parameter 'eventType')");
  return { id: eventId(id), type, contentType, data: data ?? Buffer.alloc(0), metadata: metadata ?? Buffer.alloc(0) };
};

/** @throws BadRequest */
export const eventId = (id: WireProposed['id']): string => {
  let uuid: string;
  try {
    uuid = uuidOf(id);
  } catch (error) {
    throw new BadRequest('Unrecognized Guid format.', { cause: error });
  }
  if (uuid === nil) throw new BadRequest("Empty eventId provided. (Parameter 'eventId')");
  return uuid;
};

export const writtenOf = ({ revision, position }: AppendResult): WireWritten => ({
  ...(revision === undefined ? { missing: {} } : { revision: String(revision) }),
  ...(position === undefined ? { nowhere: {} } : { position: { commit: String(position), prepare: String(position) } }),
});

/** The field of a oneof that says what was expected, or what is there, with the names that protocol/*.proto give them. */
export const currentField = (prefix: string, actual: bigint): Record<string, unknown> =>
  actual === -1n ? { [`${prefix}Missing`]: {} } : { [`${prefix}Revision`]: String(actual) };

export const expectedField = (prefix: string, expected: Expected): Record<string, unknown> =>
  typeof expected === 'bigint'
    ? { [`${prefix}Revision`]: String(expected) }
    : { [`${prefix}${{ any: 'Any', exists: 'Exists', missing: 'Missing' }[expected]}`]: {} };
