import type { Io } from './io.js';
import { noPaint } from './io.js';
import { run } from './run.js';

/** What a command did, seen from outside. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly body: unknown;
    readonly headers: Headers;
  }[];
}

/** Answers by path, with or without query: an object as JSON, a number as a status, a Response as it is. */
export type Answers = Readonly<Record<string, object | number | Response | Error>>;

export interface World {
  readonly answers?: Answers;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command line in this process, against a server that is only played. For tests. */
export const runIn = async ({ answers = {}, environment = {} }: World, ...args: string[]): Promise<Ran> => {
  const requests: Ran['requests'][number][] = [];
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: text => void out.push(text),
    err: text => void err.push(text),
    paint: noPaint,
    environment,
    signal: new AbortController().signal,
    fetch: async (input, init = {}) => {
      const url = new URL(String(input));
      const body =
        init.body === undefined || init.body === null ? undefined : (JSON.parse(String(init.body)) as unknown);
      requests.push({ method: init.method ?? 'GET', url: url.href, body, headers: new Headers(init.headers) });
      const answer = answers[url.pathname + url.search] ?? answers[url.pathname] ?? 404;
      if (answer instanceof Error) throw answer;
      if (answer instanceof Response) return answer;
      return typeof answer === 'number' ? new Response('', { status: answer }) : Response.json(answer);
    },
  };
  const exitCode = await run(args, io);
  return { exitCode, out: out.join('\n'), err: err.join('\n'), requests };
};
