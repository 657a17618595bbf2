import { rootCertificates } from 'node:tls';
import { readText } from '../machine/files.js';
import type { Parameters } from '../parameters/parameters.js';
import type { Trust } from './http.js';

/** The authorities that Node.js knows, and the one that an operator built into the ramdisk or onto virtual media. */
export const trustOf = async (parameters: Parameters): Promise<Trust> => {
  const own = await readText(parameters.caFile);
  return { insecure: parameters.insecure, ...(own && { ca: [...rootCertificates, own] }) };
};
