import type { ProblemDetails, RecordedEvent } from '#domain';

interface Data {
  readonly interface?: string;
  readonly step?: string;
  readonly method?: string;
  readonly attempt?: number;
  readonly provisionState?: string;
  readonly problem?: ProblemDetails;
  readonly conductor?: string;
  readonly reason?: string | null;
  readonly powerState?: string | null;
  readonly targetPowerState?: string;
}

/** Who wrote an event. */
export const actorOf = ({ metadata }: RecordedEvent): string =>
  metadata.actorKind === metadata.actorId ? metadata.actorId : `${metadata.actorKind} ${metadata.actorId}`;

/** What an event says beyond its type, in a few words; empty when it says nothing more. */
export const summaryOf = ({ type, data: given }: RecordedEvent): string => {
  const data = given as Data;
  const step = data.step === undefined ? '' : `${data.interface ? `${data.interface}.` : ''}${data.step}`;
  if (data.problem) return step ? `${step}: ${data.problem.detail}` : data.problem.detail;
  if (step) return data.attempt && data.attempt > 1 ? `${step} (attempt ${data.attempt})` : step;
  if (data.targetPowerState) return data.targetPowerState;
  if (data.method) return data.method;
  if (type === 'NodeClaimed') return data.conductor ?? '';
  if (data.powerState) return data.powerState;
  return data.reason ?? data.provisionState ?? '';
};
