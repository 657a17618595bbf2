import { NotFoundException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Access } from './access.js';
import { isDenied } from './access.js';
import { acceptJson, BodyRefusal, bodyLimit, LARGEST_BODY_BYTES, tooLarge } from './bodies.js';
import type { ErrorAnswer } from './ironic-error.js';
import { answerTo, bareEnvelope, ironicEnvelope, problemJson, routerEnvelope } from './ironic-error.js';
import { canonicalUrl, rangeHeaders, versionOf } from './versions.js';

export interface HttpOptions {
  readonly access: Access;
  readonly publicEndpoint: string | undefined;
  /** Addresses and networks of proxies whose X-Forwarded headers are believed. */
  readonly trustProxy: readonly string[];
  /** Up to where the rows are, as a token, while they are behind the store. */
  readonly behindAt?: () => string | undefined;
  /** Nobody foresaw the error. */
  readonly onUnforeseen: (error: unknown, request: RefusedRequest) => void;
  /** Refused because of an engine that is away: the error says why. */
  readonly onAway: (error: unknown, request: RefusedRequest) => void;
  readonly onAnswer?: (request: FastifyRequest, reply: FastifyReply) => void;
}

export interface RefusedRequest {
  readonly method: string;
  readonly url: string;
  readonly requestId: string;
}

/** Nest on Fastify: what holds for every request is said here, once; controllers only say what they do. */
export const createApplication = async (module: object, options: HttpOptions): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    rewriteUrl: canonicalUrl,
    ...(options.trustProxy.length > 0 && { trustProxy: [...options.trustProxy] }),
    bodyLimit: LARGEST_BODY_BYTES,
    routerOptions: { maxParamLength: 500, ignoreDuplicateSlashes: false },
    // Requests under way are answered at the end, and those that come over their connections meanwhile.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    keepAliveTimeout: 75_000,
    requestTimeout: 120_000,
    exposeHeadRoutes: false,
    // Addresses that cannot be read come before every hook.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      refuse(error, request, reply, options),
  });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  const routes = knownRoutes(fastify);
  acceptJson(fastify);
  fastify.decorateRequest('context', null as never);
  fastify.addHook('onRequest', (request, reply) => prepare(request, reply, options));
  if (options.onAnswer) fastify.addHook('onResponse', async (request, reply) => options.onAnswer!(request, reply));
  const app = await NestFactory.create<NestFastifyApplication>(module as never, adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters({
    catch(error, host) {
      const http = host.switchToHttp();
      // Nest's own word for an address that nobody answers.
      if (error instanceof NotFoundException) answerUnknown(http.getRequest(), http.getResponse(), routes);
      else refuse(error, http.getRequest(), http.getResponse(), options);
    },
  });
  await app.init();
  const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
  registered.set(app, [
    ...new Set(
      routes
        .filter(({ method, url }) => methods.has(method) && !url.includes('*'))
        .map(({ method, url }) => `${method} ${url}`),
    ),
  ]);
  return app;
};

const prepare = async (request: FastifyRequest, reply: FastifyReply, options: HttpOptions) => {
  const { access, publicEndpoint } = options;
  const requestId = `req-${randomUUID()}`;
  reply.raw.setHeader('x-openstack-request-id', requestId);
  reply.raw.setHeader('openstack-request-id', requestId);
  const behindAt = request.method === 'GET' ? options.behindAt?.() : undefined;
  // Taken before anything is read: what is read is at least as new.
  if (behindAt !== undefined) reply.raw.setHeader('ferrolog-read-position', behindAt);
  const version = versionOf(request.headers);
  const isIronic = !request.url.startsWith('/ferrolog');
  if (isIronic)
    for (const name in rangeHeaders) reply.raw.setHeader(name, rangeHeaders[name as keyof typeof rangeHeaders]);
  const base = publicEndpoint ?? `${request.protocol}://${request.host || 'localhost'}`;
  const minor = 'minor' in version ? version.minor : 1;
  request.context = { minor, requestId, base, principal: { kind: 'anonymous', id: 'anonymous' } };

  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bodyLimit(request.url)) return refuseBody(reply, tooLarge(bodyLimit(request.url)));
  if (isIronic && 'refusal' in version) {
    const { status, message } = versionRefusal(version.refusal, version.asked);
    if (version.refusal === 'unparsable') for (const name in rangeHeaders) reply.raw.removeHeader(name);
    return reply
      .code(status)
      .type('application/json')
      .send(routerEnvelope(status, 'Not Acceptable', message));
  }
  if (isIronic) reply.raw.setHeader('x-openstack-ironic-api-version', `1.${minor}`);
  if (isPublic(request.url)) return;
  const who = await access.identify(request);
  if (isDenied(who)) {
    if (who.denied === 401) reply.header('www-authenticate', 'Basic realm="Baremetal API"');
    return reply
      .code(who.denied)
      .type('application/json')
      .send(JSON.stringify({ error: { message: who.message, code: who.denied } }));
  }
  request.context = { minor, requestId, base, principal: who };
};

const versionRefusal = (refusal: 'unparsable' | 'unsupported', asked: string) => {
  if (refusal === 'unparsable')
    return { status: 406, message: 'Invalid value for X-OpenStack-Ironic-API-Version header' };
  if (!asked.startsWith('1.'))
    return {
      status: 406,
      message: `Mutually exclusive versions requested. Version ${asked} requested but not supported by this service. The supported version range is: [1.1, 1.115].`,
    };
  return {
    status: 406,
    message: `Version ${asked} was requested but the minor version is not supported by this service. The supported version range is: [1.1, 1.115].`,
  };
};

/** Ironic, access and secrets: agents have no account, and discovery is for everybody. */
const isPublic = (url: string): boolean =>
  /^\/(v1)?(\?|$)/.test(url) ||
  /^\/v1\/(lookup|continue_inspection)(\?|$)/.test(url) ||
  /^\/v1\/heartbeat\/[^/]+$/.test(url) ||
  /^\/(healthz|readyz)(\?|$)/.test(url);

const refuseBody = (reply: FastifyReply, { status, message }: BodyRefusal) =>
  reply.code(status).type('application/json').send(bareEnvelope(message));

const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply, options: HttpOptions): void => {
  if (reply.sent) return;
  const answer = answerTo(error);
  const { method, url } = request;
  const refused = { method, url, requestId: request.context?.requestId ?? '' };
  if (answer.logged === 'whole') options.onUnforeseen(error, refused);
  if (answer.logged === 'reason') options.onAway(error, refused);
  for (const [name, value] of Object.entries(headersOf(answer, request))) reply.header(name, value);
  void reply
    .code(answer.status)
    .type(contentType(request, error))
    .send(bodyOf(answer, request, error));
};

/** Ironic says not when to come back, and its client (5.0.1, 6.3.0) cannot even read an error that does. */
const headersOf = ({ headers }: ErrorAnswer, request: FastifyRequest): ErrorAnswer['headers'] => {
  const { 'retry-after': _, ...rest } = headers;
  return isNative(request) ? headers : rest;
};

const isNative = (request: FastifyRequest): boolean => request.url.startsWith('/ferrolog');
const contentType = (request: FastifyRequest, _error: unknown): string =>
  isNative(request) ? 'application/problem+json' : 'application/json';

const bodyOf = (answer: ErrorAnswer, request: FastifyRequest, error: unknown): string => {
  if (isNative(request)) return problemJson(answer.status, answer.problem);
  return error instanceof BodyRefusal
    ? bareEnvelope(error.message)
    : ironicEnvelope(answer.status, answer.problem.detail);
};

/** Routes of the application, `METHOD /path`, without those that Nest adds for its own ends. */
export const routesOf = (app: NestFastifyApplication): string[] => registered.get(app) ?? [];
const registered = new WeakMap<NestFastifyApplication, string[]>();

/** Every route as it is registered, for telling a wrong method from a wrong address. */
const knownRoutes = (
  fastify: FastifyInstance,
): { readonly method: string; readonly url: string; readonly pattern: RegExp }[] => {
  const routes: { method: string; url: string; pattern: RegExp }[] = [];
  fastify.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(
      `^${url
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replace(/:[^/]+/g, '[^/]+')
        .replaceAll('*', '.*')}$`,
    );
    for (const one of [method].flat()) routes.push({ method: one, url, pattern });
  });
  return routes;
};

const answerUnknown = (request: FastifyRequest, reply: FastifyReply, routes: ReturnType<typeof knownRoutes>) => {
  const path = request.url.split('?')[0]!;
  const methods = [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
  const [status, title] =
    methods.length > 0 && !methods.includes(request.method) ? [405, 'Method Not Allowed'] : [404, 'Not Found'];
  if (status === 405) reply.header('allow', methods.join(', '));
  const body = isNative(request) ? problemJson(status, { title, detail: title }) : routerEnvelope(status, title);
  return reply.code(status).type(contentType(request, undefined)).send(body);
};
