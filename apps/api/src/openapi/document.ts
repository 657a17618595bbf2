import { readSchema, readSchemas } from '#schemas';
import { operations, parameters } from './operations.js';

/** The description of the HTTP API (OpenAPI 3.1), from the routes that there are, their notes and schemas/api. */
export const openApiDocument = (routes: readonly string[], version: string): object => {
  const unused = Object.keys(operations).filter(route => !routes.includes(route));
  if (unused.length > 0) throw new Error(`operations.ts has notes on routes that there are not: ${unused.join(', ')}`);
  const paths: Record<string, Record<string, object>> = {};
  for (const route of [...routes].sort()) {
    const note = operations[route];
    if (!note) throw new Error(`the route ${route} has no note in operations.ts`);
    const [method = '', path = ''] = route.split(' ');
    const address = path.replace(/:(\w+)/g, '{$1}');
    paths[address] ??= {};
    paths[address][method.toLowerCase()] = operation(method, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ferrolog',
      version,
      description:
        'Event-sourced bare-metal provisioning. Below /v1 it speaks the Bare Metal API of OpenStack Ironic, versions 1.1 to 1.115; below /ferrolog/v1 what that API has no words for.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: Object.fromEntries(
        readSchemas('api').map(({ $schema: _meta, $id: _id, ...schema }) => [schema.title as string, schema]),
      ),
      headers: { Version: { description: 'Version of the API that was spoken.', schema: { type: 'string' } } },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
    security: [{}, { basic: [] }],
  };
};

const operation = (method: string, path: string): object => {
  const { summary, status, since, body, query = [] } = operations[`${method} ${path}`]!;
  const isIronic = since !== undefined;
  return {
    summary,
    ...(isIronic && { description: `Since version 1.${since}.` }),
    tags: [path.startsWith('/ferrolog') ? 'ferrolog' : (path.split('/')[2] ?? 'service')],
    parameters: [
      ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...query.map(name => ({ name, in: 'query', description: parameters[name], schema: { type: 'string' } })),
      ...(isIronic
        ? [
            {
              name: 'X-OpenStack-Ironic-API-Version',
              in: 'header',
              description: '1.1 to 1.115, or latest.',
              schema: { type: 'string' },
            },
          ]
        : []),
      ...(method === 'GET'
        ? []
        : [
            {
              name: 'Idempotency-Key',
              in: 'header',
              description: 'The same key and request get the first answer again.',
              schema: { type: 'string' },
            },
          ]),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${readSchema(`api/${body}.json`).title as string}` },
          },
        },
      },
    }),
    responses: {
      [status]: { description: 'As asked.' },
      '4XX': { description: isIronic ? "Refused, in Ironic's envelope." : 'Refused, as problem details (RFC 9457).' },
      503: { description: 'Not possible at the moment: see Retry-After.' },
    },
  };
};
