import { Controller, Delete, Get, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Outcome } from '#command-handler';
import { uuidV5 } from '#command-handler';
import type { Sealed, Webhook, WebhookCommand, WebhookFilter, WebhookSettings } from '#domain';
import { isUuid, webhookAggregate, webhookKeySubject, webhookMissing } from '#domain';
import { ChangeWebhook } from '../commands.js';
import { causeOf } from '../http/cause.js';
import { badRequest } from '../http/ironic-error.js';
import { Query } from '../http/queries.js';
import { checked, requireNoBody } from '../http/validation.js';
import { API_PORTS, type ApiPorts } from '../ports.js';
import { beginningAt } from './position-token.js';
import { deadLetters, webhookJson } from './webhook-json.js';

const MAX_MINOR = 1_000;

interface Settings {
  readonly url?: string;
  readonly filter?: Partial<WebhookFilter>;
  readonly secret?: string | null;
  readonly enabled?: boolean;
}

/** `/ferrolog/v1/webhooks`: addresses that events are delivered to. apps/relay delivers. */
@Controller('ferrolog/v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    @Inject(CommandBus) private readonly commands: CommandBus,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    new Query(request, MAX_MINOR).refuseOthers();
    const { uuids } = await this.ports.webhookPlaces.found();
    const all = await Promise.all(uuids.map(uuid => this.ports.webhooks.repository.load(uuid)));
    const webhooks = await Promise.all(all.filter(({ present }) => present).map(webhook => this.#json(webhook)));
    void reply.send({ webhooks });
  }

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const body = checked<Settings & { url: string; from?: string }>('webhook-create', request.body);
    const cause = causeOf(request);
    const uuid = cause.idempotency ? uuidV5(cause.commandId, 'webhook') : randomUUID();
    const command: WebhookCommand = {
      type: 'CreateWebhook',
      url: body.url,
      filter: whole(body.filter),
      secret: await this.#sealed(uuid, body.secret),
      enabled: body.enabled ?? true,
      from: await beginningAt(this.ports.store, body.from ?? 'now'),
    };
    const { state } = await this.#change(request, uuid, command, cause);
    void reply
      .code(201)
      .header('location', `${request.context.base}/ferrolog/v1/webhooks/${uuid}`)
      .send(await this.#withSecret(state));
  }

  @Get(':uuid')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    new Query(request, MAX_MINOR).refuseOthers();
    void reply.send(await this.#json(await this.#require(request)));
  }

  @Patch(':uuid')
  async change(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const body = checked<Settings>('webhook-change', request.body);
    const { uuid } = await this.#require(request);
    const { url, filter, secret, enabled } = body;
    const changes: Partial<WebhookSettings> = {
      ...(url !== undefined && { url }),
      ...(filter && { filter: whole(filter) }),
      ...(secret !== undefined && { secret: await this.#sealed(uuid, secret) }),
      ...(enabled !== undefined && { enabled }),
    };
    const { state } = await this.#change(request, uuid, { type: 'ChangeWebhook', changes });
    void reply.send(await (secret === undefined ? this.#json(state) : this.#withSecret(state)));
  }

  @Delete(':uuid')
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireNoBody(request.body);
    await this.#change(request, uuidOf(request), { type: 'DeleteWebhook' });
    void reply.code(204).send();
  }

  @Get(':uuid/dead-letters')
  async deadLetters(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    new Query(request, MAX_MINOR).refuseOthers();
    const { uuid } = await this.#require(request);
    const { store } = this.ports;
    void reply.send({ dead_letters: deadLetters(await store.readStream(webhookAggregate.stream(uuid)), store) });
  }

  @Post(':uuid/replay')
  async replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const body = checked<{ from: string }>('webhook-replay', request.body);
    const { uuid } = await this.#require(request);
    const from = await beginningAt(this.ports.store, body.from);
    const { state } = await this.#change(request, uuid, { type: 'ReplayToWebhook', from });
    void reply.code(202).send(await this.#json(state));
  }

  #change(request: FastifyRequest, uuid: string, command: WebhookCommand, cause = causeOf(request)) {
    return this.commands.execute<ChangeWebhook, Outcome<Webhook>>(new ChangeWebhook(uuid, command, cause));
  }

  /** The given one, or one that nobody else has. Durable under its key before anything is recorded (design 15). */
  #sealed(uuid: string, secret: string | null | undefined): Promise<Sealed> {
    const value = secret ?? `whsec_${randomBytes(32).toString('base64')}`;
    return this.ports.content.seal(webhookKeySubject(uuid), value);
  }

  async #json(webhook: Webhook) {
    return webhookJson(webhook, await this.ports.webhookPlaces.place(webhook.uuid), this.ports.store);
  }

  /** As it was recorded: a request that is repeated under its key gets the same one again. */
  async #withSecret(webhook: Webhook) {
    return { ...(await this.#json(webhook)), secret: await this.ports.content.plainValue(webhook.secret) };
  }

  async #require(request: FastifyRequest): Promise<Webhook> {
    const webhook = await this.ports.webhooks.repository.load(uuidOf(request));
    if (!webhook.present) throw webhookMissing(webhook.uuid);
    return webhook;
  }
}

const uuidOf = ({ params }: FastifyRequest): string => {
  const { uuid } = params as { uuid: string };
  if (!isUuid(uuid)) throw badRequest(`Expected a UUID but received ${uuid}.`);
  return uuid.toLowerCase();
};

const whole = ({ node = [], type = [], stream = [] }: Partial<WebhookFilter> = {}): WebhookFilter => ({
  node,
  type,
  stream,
});
