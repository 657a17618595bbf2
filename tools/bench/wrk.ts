import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const scripts = join(import.meta.dirname, '../../../tools/bench/wrk');

/** Requests that wrk sends again and again; what `path` and `body` differ in comes from `lines`, one to a request. */
export interface Load {
  readonly script: 'get' | 'enrol' | 'heartbeat';
  readonly url: string;
  readonly version: string;
  readonly connections: number;
  readonly seconds: number;
  /** What the script tells its requests apart by. */
  readonly lines: readonly string[];
}

/** Whether wrk is there: a client that takes so little of the processor that it is not what is measured. */
export const hasWrk = (): boolean => spawnSync('wrk', ['--version']).error === undefined;

/** @throws Error when a request was refused or got no answer */
export const wrk = async ({ script, url, version, connections, seconds, lines }: Load): Promise<number> => {
  const file = join(scripts, `${script}.lua`);
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', file, url, '--', version, ...lines];
  const { stdout } = await promisify(execFile)('wrk', options);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const refused = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (requests === 0 || refused) throw new Error(`${script}: ${refused ?? 'nothing was answered'}`);
  return requests;
};
