/**
 * Why something was refused or failed, for people and for programs. The domain knows no HTTP: `apps/api` maps the
 * code to a status.
 */
export interface ProblemDetails {
  /** Stable, documented in docs/reference/problems.md, tested. */
  readonly code: ProblemCode;
  readonly title: string;
  /** What happened, with names and values; Ironic's clients show this sentence. Never a secret. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

export type ProblemCode = keyof typeof problemKinds;

/** How a caller has to take it. The API turns kinds into statuses. */
export type ProblemKind = 'invalid' | 'forbidden' | 'missing' | 'conflict' | 'unavailable' | 'version' | 'mismatch';

export const problemKinds = {
  'request.invalid': 'invalid',
  'request.version': 'version',
  'request.idempotency-key-reused': 'mismatch',
  'node.missing': 'missing',
  'node.exists': 'conflict',
  'node.locked': 'conflict',
  'node.wrong-state': 'invalid',
  'node.busy': 'conflict',
  'node.not-updatable': 'conflict',
  'node.in-maintenance': 'invalid',
  'node.protected': 'forbidden',
  'node.retired': 'invalid',
  'node.associated': 'conflict',
  'node.not-deletable': 'conflict',
  'node.driver-missing': 'invalid',
  'node.no-conductor': 'unavailable',
  'node.interface-unknown': 'invalid',
  'node.interface-unsupported': 'invalid',
  'node.not-valid': 'invalid',
  'node.power-refused': 'conflict',
  'node.unreadable': 'unavailable',
  'value.taken': 'conflict',
  'port.missing': 'missing',
  'port.in-use': 'conflict',
  'vif.taken': 'conflict',
  'vif.missing': 'invalid',
  'vif.no-free-port': 'invalid',
  'trait.missing': 'missing',
  'chassis.missing': 'missing',
  'chassis.exists': 'conflict',
  'chassis.not-empty': 'invalid',
  'webhook.missing': 'missing',
  'webhook.exists': 'conflict',
  'webhook.url-refused': 'invalid',
  'agent.token-invalid': 'invalid',
  'agent.locked': 'conflict',
  'agent.unexpected': 'missing',
  'agent.unreachable': 'unavailable',
  'agent.refused': 'conflict',
  'agent.busy': 'conflict',
  'agent.rebooted': 'conflict',
  'agent.command-failed': 'conflict',
  'boot.not-prepared': 'conflict',
  'image.missing': 'conflict',
  'image.checksum-wrong': 'conflict',
  'image.refused': 'conflict',
  'disk.unsuitable': 'conflict',
  'conductor.limit': 'unavailable',
  'conductor.unavailable': 'unavailable',
  'hardware.failed': 'conflict',
  'hardware.unsupported': 'invalid',
  'hardware.deadline': 'unavailable',
  'command.conflict': 'conflict',
  'step.failed': 'conflict',
  'step.unknown': 'invalid',
  'step.outcome-unknown': 'conflict',
  'step.not-allowed': 'invalid',
  'operation.aborted': 'conflict',
  'operation.timed-out': 'conflict',
  'operation.failed': 'conflict',
  'action.expired': 'conflict',
  'power.out-of-sync': 'conflict',
} as const satisfies Record<string, ProblemKind>;

export class Problem extends Error {
  constructor(
    readonly details: ProblemDetails,
    options?: { cause?: unknown },
  ) {
    super(details.detail, options);
    this.name = 'Problem';
  }

  get code(): ProblemCode {
    return this.details.code;
  }
}

/** What cannot be read from an exception by its kind is told as it is, without its stack. */
export const problemOf = (error: unknown, code: ProblemCode, title: string): ProblemDetails =>
  error instanceof Problem
    ? error.details
    : { code, title, detail: error instanceof Error ? error.message : String(error) };
