import type { ProvisionState } from './provisioning.js';

/** Sets of states that Ironic's rules name (Ironic, state machine). */
const set = (...states: ProvisionState[]) => {
  const members: ReadonlySet<string> = new Set(states);
  return Object.assign((state: string): boolean => members.has(state), { states });
};

export const isFailure = set(
  'deploy failed',
  'clean failed',
  'inspect failed',
  'rescue failed',
  'unrescue failed',
  'adopt failed',
  'service failed',
);

/** PATCH is allowed although the node is on its way to another state. */
export const allowsUpdate = set(
  'deploy failed',
  'inspecting',
  'inspect failed',
  'inspect wait',
  'clean failed',
  'error',
  'verifying',
  'adopt failed',
  'rescue failed',
  'unrescue failed',
  'service hold',
  'service failed',
);

/** A node may be removed without maintenance. `available` too, by configuration. */
export const allowsDelete = set('manageable', 'enroll', 'adopt failed');

/** Interfaces and the resource class may be changed without maintenance. */
export const allowsInterfaceChange = set('enroll', 'inspecting', 'inspect wait', 'manageable', 'available');

export const isInTransition = set(
  'deploying',
  'wait call-back',
  'cleaning',
  'clean wait',
  'verifying',
  'deleting',
  'inspecting',
  'inspect wait',
  'adopting',
  'rescuing',
  'rescue wait',
  'unrescuing',
  'servicing',
  'service wait',
);

export const allowsLookup = set(
  'deploying',
  'wait call-back',
  'cleaning',
  'clean wait',
  'inspecting',
  'inspect wait',
  'rescuing',
  'rescue wait',
  'service wait',
);

export const allowsFastTrackLookup = set(
  'enroll',
  'manageable',
  'available',
  'deploying',
  'wait call-back',
  'cleaning',
  'clean wait',
  'inspecting',
  'inspect wait',
  'rescuing',
  'rescue wait',
  'servicing',
  'service wait',
  'service hold',
);

/** Heartbeats are taken notice of (Ironic, agent API). */
export const allowsHeartbeat = set(
  'deploying',
  'wait call-back',
  'deploy hold',
  'cleaning',
  'clean wait',
  'clean hold',
  'rescuing',
  'rescue wait',
  'servicing',
  'service wait',
  'service hold',
);
export const allowsFastTrackHeartbeat = set('enroll', 'manageable', 'available');

/** Power sync leaves these alone. */
export const isExcludedFromPowerSync = set('wait call-back', 'clean wait', 'enroll', 'adopt failed');

export const isServicing = set('servicing', 'service wait', 'service failed', 'service hold');
