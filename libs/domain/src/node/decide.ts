import { abortOperation, unholdNode } from './abort/abort-operation.js';
import { beginAction, completeAction, failAction } from './action/actions.js';
import { adoptNode } from './adopt/adopt-node.js';
import { connectAgent, issueAgentToken } from './agent/agent.js';
import { deleteNode } from './attributes/delete-node.js';
import { patchNode } from './attributes/patch-node.js';
import { targetRaidConfig } from './attributes/raid-config.js';
import { cleanNode } from './clean/clean-node.js';
import { provideNode } from './clean/provide-node.js';
import { deployNode } from './deploy/deploy-node.js';
import { enrolNode } from './enrol/enrol-node.js';
import type { NodeEvent } from './families.js';
import { continueInspection } from './inspect/continue-inspection.js';
import { inspectNode } from './inspect/inspect-node.js';
import { clearMaintenance, setMaintenance } from './maintenance/maintenance.js';
import {
  attachVirtualMedia,
  callVendorPassthru,
  detachVirtualMedia,
  injectNmi,
  setBootDevice,
  setBootMode,
  setConsole,
  setIndicator,
  setSecureBoot,
} from './management/change-management.js';
import type { Node } from './node.js';
import {
  beginStep,
  completeStep,
  confirmStep,
  failOperation,
  failStep,
  loseStep,
  planAnew,
  removeRamdisk,
  resumeOperation,
  timeOutWait,
  waitInStep,
} from './operation/report.js';
import { attachPort, attachVif, changePort, detachPort, detachVif } from './ports/ports.js';
import { changePower } from './power/change-power.js';
import { observeBoot, observePower, recoverPower, reportPowerFault } from './power/observe-power.js';
import { rescueNode, unrescueNode } from './rescue/rescue-node.js';
import { serviceNode } from './service/service-node.js';
import type { Surroundings } from './surroundings.js';
import { undeployNode } from './teardown/undeploy-node.js';
import { addTrait, removeTrait, setTraits } from './traits/traits.js';
import { manageNode } from './verify/manage-node.js';

/** Everything that can be asked of a node, by name: the table of contents of the domain. */
const decisions = {
  // by people and programs
  EnrolNode: enrolNode,
  PatchNode: patchNode,
  DeleteNode: deleteNode,
  SetMaintenance: setMaintenance,
  ClearMaintenance: clearMaintenance,
  SetTraits: setTraits,
  AddTrait: addTrait,
  RemoveTrait: removeTrait,
  AttachPort: attachPort,
  ChangePort: changePort,
  DetachPort: detachPort,
  AttachVif: attachVif,
  DetachVif: detachVif,
  TargetRaidConfig: targetRaidConfig,
  ManageNode: manageNode,
  InspectNode: inspectNode,
  ProvideNode: provideNode,
  CleanNode: cleanNode,
  DeployNode: deployNode,
  UndeployNode: undeployNode,
  AdoptNode: adoptNode,
  RescueNode: rescueNode,
  UnrescueNode: unrescueNode,
  ServiceNode: serviceNode,
  AbortOperation: abortOperation,
  UnholdNode: unholdNode,
  ChangePower: changePower,
  SetBootDevice: setBootDevice,
  SetBootMode: setBootMode,
  SetSecureBoot: setSecureBoot,
  InjectNmi: injectNmi,
  SetIndicator: setIndicator,
  SetConsole: setConsole,
  AttachVirtualMedia: attachVirtualMedia,
  DetachVirtualMedia: detachVirtualMedia,
  CallVendorPassthru: callVendorPassthru,
  // by agents
  IssueAgentToken: issueAgentToken,
  ConnectAgent: connectAgent,
  ContinueInspection: continueInspection,
  // by conductors
  BeginStep: beginStep,
  CompleteStep: completeStep,
  ConfirmStep: confirmStep,
  FailStep: failStep,
  LoseStep: loseStep,
  WaitInStep: waitInStep,
  PlanAnew: planAnew,
  RemoveRamdisk: removeRamdisk,
  ResumeOperation: resumeOperation,
  TimeOutWait: timeOutWait,
  FailOperation: failOperation,
  BeginAction: beginAction,
  CompleteAction: completeAction,
  FailAction: failAction,
  ObservePower: observePower,
  ObserveBoot: observeBoot,
  ReportPowerFault: reportPowerFault,
  RecoverPower: recoverPower,
} satisfies Record<string, (data: never, node: Node, surroundings: Surroundings) => NodeEvent[]>;

export type NodeCommandType = keyof typeof decisions;
export type NodeCommandData<T extends NodeCommandType> = Parameters<(typeof decisions)[T]>[0];

/** A command as `decide` needs it. Who sent it and why travels beside it. */
export type NodeCommand = {
  [T in NodeCommandType]: { readonly type: T; readonly nodeId: string; readonly data: NodeCommandData<T> };
}[NodeCommandType];

/**
 * What the command means for the node: events to append, none when it changes nothing. Pure.
 *
 * @throws Problem when the command should not have come
 */
export const decide = (command: NodeCommand, node: Node, surroundings: Surroundings): NodeEvent[] => {
  const decision = decisions[command.type] as (data: unknown, node: Node, surroundings: Surroundings) => NodeEvent[];
  return decision(command.data, node, surroundings);
};

export const isNodeCommandType = (type: string): type is NodeCommandType => Object.hasOwn(decisions, type);
