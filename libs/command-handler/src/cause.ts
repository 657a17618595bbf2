import type { ActorKind, EventMetadata, RecordedEvent } from '#domain';

/** Who asks. */
export interface Principal {
  readonly kind: ActorKind;
  readonly id: string;
  readonly project?: string;
  readonly roles?: readonly string[];
  /** Where the request came from: sealed per actor before it is recorded. */
  readonly address?: string;
  readonly userAgent?: string;
}

/** Why a command is there: goes into the metadata of all that it decides. */
export interface Cause {
  readonly commandId: string;
  /** Of the root command. */
  readonly correlationId: string;
  /** Id of the event that led to the command, or the command's own for a root. */
  readonly causationId: string;
  readonly principal: Principal;
  readonly traceparent?: string;
  /** The client's `Idempotency-Key`, as stream, and the digest of its request. */
  readonly idempotency?: { readonly key: string; readonly digest: string };
}

/** A command that a principal sends by itself. */
export const rootCause = (commandId: string, principal: Principal, rest: Partial<Cause> = {}): Cause => ({
  commandId,
  correlationId: commandId,
  causationId: commandId,
  principal,
  ...rest,
});

/** A command that an event led to: the chain walks up through it to the principal of the root. */
export const causedBy = (event: RecordedEvent, commandId: string, principal: Principal): Cause => ({
  commandId,
  correlationId: event.metadata.$correlationId,
  causationId: event.id,
  principal,
  ...(event.metadata.traceparent && { traceparent: event.metadata.traceparent }),
});

/** Version of the vocabulary of events that this code knows. A stream with a higher one is not decided on. */
export const VOCABULARY = 1;

export const metadataOf = (
  cause: Cause,
  origin: string | undefined,
  occurred: string,
  codeVersion: string,
): EventMetadata => {
  const { principal } = cause;
  return {
    $correlationId: cause.correlationId,
    $causationId: cause.causationId,
    commandId: cause.commandId,
    actorKind: principal.kind,
    actorId: principal.id,
    ...(principal.project && { actorProject: principal.project }),
    ...(principal.roles?.length && { actorRoles: principal.roles.join(',') }),
    ...(origin && { actorOrigin: origin }),
    occurred,
    codeVersion,
    readableBy: String(VOCABULARY),
    ...(cause.traceparent && { traceparent: cause.traceparent }),
  };
};
