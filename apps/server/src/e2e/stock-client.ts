import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the repository. */
export const ROOT = join(import.meta.dirname, '../../../../..');
const CLIENTS = join(ROOT, '.scratch/clients');

/** Programs that `node tools/clients/install.mjs` installs. */
export const programs = {
  /** python-ironicclient 6.3.0 */
  baremetal: join(CLIENTS, 'newest/bin/baremetal'),
  /** python-openstackclient with the plugin of python-ironicclient 6.3.0 */
  openstack: join(CLIENTS, 'newest/bin/openstack'),
  /** Python with openstacksdk 4.22.0 */
  python: join(CLIENTS, 'newest/bin/python'),
  /** python-ironicclient 5.0.1 */
  olderBaremetal: join(CLIENTS, 'older/bin/baremetal'),
} as const;

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly complaint: string;
}

/** Runs a client in an environment that knows nothing but the server. */
export const runClient = (program: string, args: readonly string[], url: string): Promise<Outcome> => {
  if (!existsSync(program)) throw new Error(`${program} is missing: run "node tools/clients/install.mjs" first`);
  const env = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: url, HOME: tmpdir(), LANG: 'C.UTF-8', PATH: '/usr/bin:/bin' };
  return new Promise(resolve =>
    execFile(program, args, { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout, complaint: stderr }),
    ),
  );
};

type Command<T> = (texts: TemplateStringsArray, ...values: readonly unknown[]) => Promise<T>;

/** A client as a user types it: `` await baremetal.run`node show ${name}` ``. */
export interface StockClient {
  /** Has to succeed. Answers what it printed. */
  readonly run: Command<string>;
  /** The same with `-f json`: answers the value. */
  readonly json: Command<unknown>;
  /** Has to fail. Answers what it complained about, after one try and no more. */
  readonly refused: Command<string>;
}

/** Words that go before every command, and those that keep this client from trying again after 409 and 503. */
export const stockClient = (
  program: string,
  url: string,
  { prefix = [], once = [] }: { readonly prefix?: readonly string[]; readonly once?: readonly string[] } = {},
): StockClient => {
  const run = async (args: readonly string[]) => {
    const outcome = await runClient(program, [...prefix, ...args], url);
    if (outcome.code !== 0) throw new Error(`${transcript(program, args)} failed:\n${outcome.complaint}`);
    return outcome.output;
  };
  return {
    run: (texts, ...values) => run(wordsOf(texts, values)),
    json: async (texts, ...values) => JSON.parse(await run([...wordsOf(texts, values), '-f', 'json'])) as unknown,
    async refused(texts, ...values) {
      const args = wordsOf(texts, values);
      const { code, output, complaint } = await runClient(program, [...once, ...prefix, ...args], url);
      if (code === 0) throw new Error(`${transcript(program, args)} was expected to fail, and printed:\n${output}`);
      return complaint;
    },
  };
};

/** The newest `baremetal`. */
export const baremetalClient = (url: string): StockClient =>
  stockClient(programs.baremetal, url, { once: ['--max-retries', '0'] });

const transcript = (program: string, args: readonly string[]): string => `$ ${program} ${args.join(' ')}`;

/** Words as a shell would make them. A value is one word of its own, a list of words several; other objects become JSON. */
const wordsOf = (texts: TemplateStringsArray, values: readonly unknown[]): string[] =>
  texts.flatMap((text, index) => [...text.split(/\s+/).filter(Boolean), ...inserted(values.slice(index, index + 1))]);

const inserted = (values: readonly unknown[]): string[] =>
  values.flatMap(value => {
    if (Array.isArray(value) && value.every(word => typeof word === 'string')) return value;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
