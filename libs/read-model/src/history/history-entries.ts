import type { EventDataByType, Node, OperationFamily, PlannedStep, RecordedEvent } from '#domain';
import { msOf, partsOf } from '#domain';
import type { HistoryRow } from '../schema/entities.js';

/** How many entries a node keeps, the newest (Ironic, conductor). */
export const KEPT_ENTRIES = 300;

/** What an event adds to Ironic's history of its node: begin and end of step flows, and every error. */
export const historyEntry = (event: RecordedEvent, before: Node): HistoryRow | undefined => {
  const told = tell(event, before);
  if (!told) return undefined;
  const { metadata } = event;
  const { state, target, since } = moment(event, before);
  return {
    id: event.position,
    uuid: event.id,
    node_uuid: before.uuid,
    created_at: event.recorded,
    ...told,
    conductor:
      before.reservation ?? before.claim?.conductor ?? (event.data as { conductor?: string }).conductor ?? null,
    user: metadata.actorKind === 'user' || metadata.actorKind === 'service' ? metadata.actorId : null,
    project: metadata.actorProject ?? null,
    state,
    target_provision_state: target,
    duration_seconds: Math.max(0, Math.round((msOf(event.recorded) - msOf(since)) / 1000)),
  };
};

/** Ironic tells a start in the state that it leads to, everything else in the state that it ends. */
const moment = (event: RecordedEvent, before: Node) => {
  if (partsOf(event.type)?.fact === 'Started') {
    const data = event.data as EventDataByType['CleaningStarted'];
    return { state: data.provisionState, target: data.targetProvisionState, since: event.recorded };
  }
  const since = before.provisionUpdatedAt ?? before.createdAt ?? event.recorded;
  return { state: before.provisionState, target: before.targetProvisionState, since };
};

interface Told {
  readonly severity: 'INFO' | 'ERROR';
  readonly event_type: string;
  readonly event: string;
}

/** Names that Ironic's entries go by. */
const errorTypes: Readonly<Record<OperationFamily, string>> = {
  Verification: 'verify',
  Inspection: 'introspection',
  Cleaning: 'cleaning',
  Deployment: 'deploying',
  Teardown: 'deprovisioning',
  Adoption: 'adopting',
  Rescue: 'rescuing',
  Unrescue: 'unrescuing',
  Service: 'servicing',
};

const tell = (event: RecordedEvent, before: Node): Told | undefined => {
  const { problem } = event.data as { problem?: { detail: string } };
  const parts = partsOf(event.type);
  if (problem)
    return {
      severity: 'ERROR',
      event_type:
        parts?.of === 'operation' ? errorTypes[parts.family] : parts?.family === 'PowerChange' ? 'power' : 'hardware',
      event: problem.detail,
    };
  if (parts?.of !== 'operation' || (parts.fact !== 'Started' && parts.fact !== 'Finished')) return undefined;
  const started = parts.fact === 'Started';
  const data = event.data as Partial<EventDataByType['CleaningStarted']>;
  const steps = started ? (data.steps ?? []) : (before.operation?.steps ?? []);
  const mode = started ? data.mode : before.operation?.mode;
  const flow = flowOf(parts.family, mode ?? null);
  if (!flow || steps.length === 0) return undefined;
  return {
    severity: 'INFO',
    event_type: `${flow.type}_${started ? 'start' : 'end'}`,
    event: started
      ? `Starting ${flow.name.toLowerCase()} with steps=${list(steps)}`
      : `${flow.name} completed successfully with steps=${list(steps)}`,
  };
};

const flowOf = (family: OperationFamily, mode: string | null): { type: string; name: string } | undefined => {
  if (family === 'Deployment') return { type: 'deployment', name: 'Deployment' };
  if (family === 'Service') return { type: 'servicing', name: 'Servicing' };
  if (family !== 'Cleaning') return undefined;
  return mode === 'manual'
    ? { type: 'manual_cleaning', name: 'Manual Cleaning' }
    : { type: 'automated_cleaning', name: 'Automated Cleaning' };
};

const list = (steps: readonly PlannedStep[]): string =>
  JSON.stringify(steps.map(({ interface: type, step, priority }) => ({ interface: type, step, priority })));
