import type { Metadata } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Faults } from './faults.js';
import { AccessDenied, failure, NotLeader, NotReady } from './refusals.js';

/** Who may call, and whether this node is the one to ask. */
export class Access {
  readonly #faults: Faults;
  readonly #credentials: string | undefined;

  /** @param credentials `user:password`; without them everybody may do everything */
  constructor(faults: Faults, credentials?: string) {
    this.#faults = faults;
    this.#credentials = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  /** @throws Failure when the password is wrong */
  authenticate(headers: Metadata): void {
    const [sent] = headers.get('authorization');
    if (this.#credentials && sent && sent !== this.#credentials)
      throw failure(status.UNAUTHENTICATED, 'Unauthenticated');
  }

  /** @throws AccessDenied when nobody has signed in */
  authorize(headers: Metadata): void {
    if (this.#credentials && headers.get('authorization').length === 0) throw new AccessDenied();
  }

  /** @throws NotLeader, NotReady: if the call insists on the leader */
  requireLeader(headers: Metadata): void {
    if (headers.get('requires-leader')[0] !== 'true') return;
    const fault = this.#faults.take('not-leader');
    if (fault) throw new NotLeader(fault.leader);
    if (this.#faults.take('not-ready')) throw new NotReady();
  }

  /** @throws NotReady, AccessDenied */
  requireWritable(): void {
    if (this.#faults.take('not-ready')) throw new NotReady();
    if (this.#faults.take('read-only')) throw new AccessDenied();
  }
}
