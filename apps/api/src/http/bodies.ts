import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badRequest, HttpRefusal } from './ironic-error.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const DEEPEST = 25;
export const LARGEST_BODY_BYTES = 64 * MiB;

/** Ironic API reference: config drives may be large, inspections too, everything else is small. */
export const bodyLimit = (path: string): number => {
  if (/\/states\/provision\/?(\?|$)/.test(path)) return LARGEST_BODY_BYTES;
  return /\/continue_inspection\/?(\?|$)/.test(path) ? 16 * MiB : MiB;
};

export const tooLarge = (limit: number): BodyRefusal =>
  new BodyRefusal(413, `Request body must not be larger than ${limit} bytes.`);

/** Answered without Ironic's usual envelope, as there. */
export class BodyRefusal extends HttpRefusal {}

/** Takes JSON whatever the content type says, as Ironic does, and refuses what could do harm. */
export const acceptJson = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_BODY_BYTES }, (request, body, done) => {
    try {
      done(null, parse(request, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
};

const parse = (request: FastifyRequest, body: Buffer): unknown => {
  if (body.length === 0) return undefined;
  const limit = bodyLimit(request.url);
  if (body.length > limit) throw tooLarge(limit);
  let value: unknown;
  try {
    value = JSON.parse(body.toString()) as unknown;
  } catch {
    throw badRequest('Malformed JSON in request body.');
  }
  if (!isHarmless(value, 0))
    throw new BodyRefusal(400, `The body is nested more than ${DEEPEST} levels deep, or has a member named __proto__.`);
  return value;
};

const isHarmless = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= DEEPEST) return false;
  if (Array.isArray(value)) return value.every(item => isHarmless(item, depth + 1));
  for (const name in value)
    if (name === '__proto__' || !isHarmless((value as Record<string, unknown>)[name], depth + 1)) return false;
  return true;
};
