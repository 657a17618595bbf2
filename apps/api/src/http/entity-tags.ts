import type { FastifyRequest } from 'fastify';
import { HttpRefusal } from './ironic-error.js';

/** A node's entity tag is its revision: whatever changes it changes the tag. */
export const revisionTag = (revision: number): string => `"${revision}"`;

/** @throws HttpRefusal 412 when `If-Match` names another revision (RFC 9110 section 13.1.1) */
export const requireMatch = ({ headers }: FastifyRequest, revision: number): void => {
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  const tags = wanted.split(',').map(tag => tag.trim().replace(/^W\//, ''));
  if (!tags.includes(revisionTag(revision)))
    throw new HttpRefusal(412, `The node is at revision ${revision}, not at ${wanted}: it changed since you read it.`);
};
