import { Controller, Get, Module, Req } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { OutcomeUnknown, Problem, StoreUnavailable } from '#domain';
import type { Access } from './access.js';
import { noAuth } from './access.js';
import type { HttpOptions } from './application.js';
import { createApplication } from './application.js';

const errors: Readonly<Record<string, Error>> = {
  store: new StoreUnavailable('the event store does not answer'),
  outcome: new OutcomeUnknown('nobody knows'),
  database: new Error('the query failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }),
  conductor: new Problem({ code: 'conductor.unavailable', title: 'Nobody is there', detail: 'Nobody is there.' }),
  defect: new TypeError('x is not a function'),
};

@Controller('v1')
class Routes {
  @Get('errors/:name')
  fail(@Req() request: FastifyRequest): void {
    throw errors[(request.params as { name: string }).name]!;
  }

  @Get('base')
  base(@Req() request: FastifyRequest): object {
    return { base: request.context.base };
  }
}

@Module({ controllers: [Routes] })
class Root {}

let app: NestFastifyApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const start = async (options: Partial<HttpOptions>): Promise<NestFastifyApplication> =>
  (app = await createApplication(Root, {
    access: noAuth,
    publicEndpoint: undefined,
    trustProxy: [],
    onUnforeseen: () => undefined,
    onAway: () => undefined,
    ...options,
  }));

describe('A request that fails', () => {
  const logged = async (name: string): Promise<unknown[]> => {
    const told: unknown[] = [];
    const app = await start({
      onUnforeseen: (error, { url }) => told.push(['unforeseen', error, url]),
      onAway: (error, { url }) => told.push(['away', error, url]),
    });
    const { statusCode } = await app.inject({ method: 'GET', url: `/v1/errors/${name}` });
    return [statusCode, ...told];
  };

  it.each(['store', 'outcome', 'database'])('is said in a line where an engine is away: %s', async name => {
    expect(await logged(name)).toEqual([503, ['away', errors[name], `/v1/errors/${name}`]]);
  });

  it('is nothing to log where it is refused', async () => {
    expect(await logged('conductor')).toEqual([503]);
  });

  it('is told whole where nobody foresaw it', async () => {
    expect(await logged('defect')).toEqual([500, ['unforeseen', errors.defect, '/v1/errors/defect']]);
  });
});

describe('A request through a proxy', () => {
  const headers = {
    host: 'inside:6385',
    'x-forwarded-for': '203.0.113.7, 10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'metal.example.org',
  };

  const seen = async (trustProxy: readonly string[], remoteAddress: string) => {
    let address: string | undefined;
    const access: Access = {
      async identify(request) {
        const principal = await noAuth.identify(request);
        address = 'address' in principal ? principal.address : undefined;
        return principal;
      },
    };
    const app = await start({ trustProxy, access });
    const { body } = await app.inject({ method: 'GET', url: '/v1/base', headers, remoteAddress });
    return { ...(JSON.parse(body) as { base: string }), address };
  };

  it('is the client’s where the proxy is trusted, also through several', async () => {
    const client = { base: 'https://metal.example.org', address: '203.0.113.7' };
    expect(await seen(['127.0.0.1', '10.0.0.0/8'], '127.0.0.1')).toEqual(client);
  });

  it('came from the last that nobody trusts', async () => {
    expect(await seen(['127.0.0.1'], '127.0.0.1')).toMatchObject({ address: '10.1.2.3' });
  });

  it.each([[[]], [['192.0.2.1']]])('is what it seems where the proxy is not among %j', async trusted => {
    const proxy = { base: 'http://inside:6385', address: '127.0.0.1' };
    expect(await seen(trusted, '127.0.0.1')).toEqual(proxy);
  });
});

describe('A read while the rows are behind', () => {
  it('says up to where they are, and nothing of the kind afterwards', async () => {
    let behindAt: string | undefined = 'abcdef01-1-5';
    const app = await start({ behindAt: () => behindAt });
    const read = async () => (await app.inject({ method: 'GET', url: '/v1/base' })).headers['ferrolog-read-position'];
    expect(await read()).toBe('abcdef01-1-5');
    behindAt = undefined;
    expect(await read()).toBeUndefined();
  });
});
