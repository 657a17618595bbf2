import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Fault, Faults } from './faults.js';
import { faultOf } from './faults.js';
import { VERSION } from './features.js';

/** The server's own end points, as far as anybody asks for them. */
export const infoServer = (faults: Faults): Server =>
  createServer((request, response) => {
    if (request.url?.startsWith('/health/live')) return void response.writeHead(204).end();
    if (request.url !== '/info') return void response.writeHead(404).end();
    const state = faults.isActive('not-leader') ? 'follower' : faults.isActive('not-ready') ? 'unknown' : 'leader';
    json(response, 200, { dbVersion: VERSION, state });
  });

/** `GET /faults` tells, `POST /faults` injects one, `DELETE /faults` or `/faults/KIND` clears. */
export const controlServer = (faults: Faults): Server =>
  createServer((request, response) => {
    control(faults, request).then(
      () => json(response, 200, faults.active()),
      error => json(response, 400, { error: String(error) }),
    );
  });

const control = async (faults: Faults, request: IncomingMessage): Promise<void> => {
  const [, resource, kind] = (request.url ?? '').split('/');
  if (resource !== 'faults') throw new Error(`There is no ${request.url}`);
  if (request.method === 'POST') await faults.inject(faultOf(JSON.parse(await bodyOf(request))));
  else if (request.method === 'DELETE') await faults.clear(kind as Fault['kind'] | undefined);
  else if (request.method !== 'GET') throw new Error(`${request.method} is not known`);
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
};
