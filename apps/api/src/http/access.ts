import bcrypt from 'bcryptjs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Misconfigured } from '#domain';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '#command-handler';

/** Says who sends a request, or why it may not. */
export interface Access {
  identify(request: FastifyRequest): Promise<Principal | Denial> | Principal | Denial;
}

export interface Denial {
  readonly denied: 400 | 401;
  readonly message: string;
}

export const isDenied = (answer: Principal | Denial): answer is Denial => 'denied' in answer;

const origin = ({ ip, headers }: FastifyRequest) => ({
  address: ip,
  ...(headers['user-agent'] && { userAgent: headers['user-agent'] }),
});

/** Everybody is let in, nobody has a name. */
export const noAuth: Access = {
  identify: request => ({ kind: 'anonymous', id: 'anonymous', ...origin(request) }),
};

/** The password file cannot be used: the sentence says why. */
export class PasswordFileUnusable extends Misconfigured {}

const REMEMBERED_MS = 10_000;

/** HTTP basic (RFC 7617) against an htpasswd file with bcrypt hashes, read once. */
export const httpBasic = (path: string, now: () => number = Date.now): Access => {
  const hashes = readHashes(path);
  // Checking a hash takes a tenth of a second on purpose; a right password is remembered for a moment, by its digest.
  const verified = new Map<string, number>();
  const isRight = async (name: string, password: string): Promise<boolean> => {
    const digest = createHash('sha256').update(`${name}\0${password}`).digest('base64');
    if ((verified.get(digest) ?? 0) > now()) return true;
    const right = await bcrypt.compare(password, hashes.get(name) ?? NOBODYS_HASH);
    if (!right || !hashes.has(name)) return false;
    if (verified.size > 1_000) verified.clear();
    verified.set(digest, now() + REMEMBERED_MS);
    return true;
  };
  return {
    async identify(request) {
      const header = request.headers.authorization;
      if (!header) return { denied: 401, message: 'Authorization required' };
      const [scheme = '', credentials = ''] = header.split(/\s+/);
      if (scheme.toLowerCase() !== 'basic')
        return { denied: 400, message: 'Unsupported authorization type: only Basic is taken.' };
      const text = Buffer.from(credentials, 'base64').toString();
      const colon = text.indexOf(':');
      if (colon < 0) return { denied: 400, message: 'The authorization header cannot be decoded.' };
      const name = text.slice(0, colon);
      if (!(await isRight(name, text.slice(colon + 1))))
        return { denied: 401, message: 'Incorrect username or password' };
      return { kind: 'user', id: name, ...origin(request) };
    },
  };
};

/** Compared against when there is no such user, so that the time taken tells nothing. */
const NOBODYS_HASH = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8r2cWJZC1f3h1dNk9gVhQ0VbPq1aMi';

const readHashes = (path: string): Map<string, string> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new PasswordFileUnusable(`The password file ${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'));
  const hashes = lines.map(
    line => /^([^:]+):(\$2[aby]\$\d\d\$.{53})/.exec(line)?.slice(1, 3) as [string, string] | undefined,
  );
  const wrong = hashes.findIndex(pair => pair === undefined);
  if (wrong >= 0)
    throw new PasswordFileUnusable(
      `The password file ${path} is wrong in line ${wrong + 1}: lines are user:bcrypt-hash ($2a$, $2b$ or $2y$).`,
    );
  return new Map(hashes as [string, string][]);
};
