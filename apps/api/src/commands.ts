import type { ICommandHandler } from '@nestjs/cqrs';
import { CommandHandler as Handles } from '@nestjs/cqrs';
import { Inject } from '@nestjs/common';
import type { Cause, Outcome } from '#command-handler';
import type { Chassis, ChassisCommand, Node, NodeCommand, Webhook, WebhookCommand } from '#domain';
import { API_PORTS, type ApiPorts } from './ports.js';

/** A command about a node on its way to the domain. */
export class ChangeNode {
  constructor(
    readonly command: NodeCommand,
    readonly cause: Cause,
  ) {}
}

@Handles(ChangeNode)
export class ChangeNodeHandler implements ICommandHandler<ChangeNode, Outcome<Node>> {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  async execute({ command, cause }: ChangeNode): Promise<Outcome<Node>> {
    const outcome = await this.ports.nodes.handle(command.nodeId, command, cause);
    await this.ports.reached(outcome.position);
    return outcome;
  }
}

/** A command about a chassis on its way to the domain. */
export class ChangeChassis {
  constructor(
    readonly uuid: string,
    readonly command: ChassisCommand,
    readonly cause: Cause,
  ) {}
}

@Handles(ChangeChassis)
export class ChangeChassisHandler implements ICommandHandler<ChangeChassis, Outcome<Chassis>> {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  async execute({ uuid, command, cause }: ChangeChassis): Promise<Outcome<Chassis>> {
    const outcome = await this.ports.chassis.handle(uuid, command, cause);
    await this.ports.reached(outcome.position);
    return outcome;
  }
}

/** A command about a webhook on its way to the domain. */
export class ChangeWebhook {
  constructor(
    readonly uuid: string,
    readonly command: WebhookCommand,
    readonly cause: Cause,
  ) {}
}

@Handles(ChangeWebhook)
export class ChangeWebhookHandler implements ICommandHandler<ChangeWebhook, Outcome<Webhook>> {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  async execute({ uuid, command, cause }: ChangeWebhook): Promise<Outcome<Webhook>> {
    const outcome = await this.ports.webhooks.handle(uuid, command, cause);
    // Whoever delivers finds it by its stream; here it is to be in the list at once.
    if (command.type === 'CreateWebhook' && !outcome.repeated) await this.ports.webhookPlaces.find([uuid]);
    return outcome;
  }
}
