import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ChangeChassisHandler, ChangeNodeHandler, ChangeWebhookHandler } from './commands.js';
import { EventsController } from './ferrolog/events.controller.js';
import { NativeNodesController } from './ferrolog/nodes.controller.js';
import { WebhooksController } from './ferrolog/webhooks.controller.js';
import type { Metrics } from './operations/metrics.js';
import { METRICS } from './operations/metrics.js';
import { OperationsController } from './operations/operations.controller.js';
import type { ApiPorts } from './ports.js';
import { API_PORTS } from './ports.js';
import { AgentController } from './v1/agent.controller.js';
import { ChassisController } from './v1/chassis.controller.js';
import { ConductorsController } from './v1/conductors.controller.js';
import { DriversController } from './v1/drivers.controller.js';
import { HistoryController } from './v1/nodes/history.controller.js';
import { ManagementController } from './v1/nodes/management.controller.js';
import { NodesController } from './v1/nodes/nodes.controller.js';
import { PassthruController } from './v1/nodes/passthru.controller.js';
import { StatesController } from './v1/nodes/states.controller.js';
import { SubresourcesController } from './v1/nodes/subresources.controller.js';
import { PortsController } from './v1/ports.controller.js';
import { RootController } from './v1/root.controller.js';

const controllers = [
  RootController,
  SubresourcesController,
  NodesController,
  StatesController,
  ManagementController,
  HistoryController,
  PassthruController,
  PortsController,
  ChassisController,
  DriversController,
  ConductorsController,
  AgentController,
  EventsController,
  NativeNodesController,
  WebhooksController,
  OperationsController,
];

/** The HTTP side. Rules are the domain's; here is only who answers which address. */
export class ApiModule {
  /** Of a process that does other things: health, metrics and state, for whoever runs it. */
  static operationsOnly(ports: ApiPorts, metrics: Metrics): DynamicModule {
    return {
      module: ApiModule,
      controllers: [OperationsController],
      providers: [
        { provide: API_PORTS, useValue: ports },
        { provide: METRICS, useValue: metrics },
      ],
    };
  }

  static with(ports: ApiPorts, metrics: Metrics): DynamicModule {
    return {
      module: ApiModule,
      imports: [CqrsModule.forRoot()],
      controllers,
      providers: [
        ChangeNodeHandler,
        ChangeChassisHandler,
        ChangeWebhookHandler,
        { provide: API_PORTS, useValue: ports },
        { provide: METRICS, useValue: metrics },
      ],
    };
  }
}
