import { setTimeout as sleep } from 'node:timers/promises';
import { isBag } from '../api/command.js';
import { masked, shortestToken } from '../api/token.js';
import type { Journal } from '../logs/journal.js';
import type { IronicApi } from './ironic-api.js';

export type Bag = Readonly<Record<string, unknown>>;

export interface LookedUp {
  readonly node: Bag & { readonly uuid: string };
  /** What the API wants of the agent: `heartbeat_timeout`, `permitted_image_formats` … */
  readonly config: Bag;
  readonly heartbeatTimeoutS: number;
  /** `undefined`: the API has given none. */
  readonly token?: string;
}

/**
 * The API has given the token of this boot to somebody before, and masks it now. No heartbeat of ours would be
 * accepted, and no wait mends that: only a power cycle makes the conductor forget the token.
 */
export class TokenWithheld extends Error {
  constructor() {
    super("the API has given this boot's agent token away already; power the machine off and on to get a new one");
  }
}

export class LookupTimedOut extends Error {
  constructor(seconds: number, last: string) {
    super(`no node was found for this machine in ${seconds} s; the last answer was: ${last}`);
  }
}

export interface LookupOptions {
  readonly api: IronicApi;
  readonly addresses: () => Promise<readonly string[]>;
  readonly nodeUuid?: string;
  readonly ownToken?: string;
  /** 0: for ever. */
  readonly timeoutS: number;
  readonly intervalS: number;
  readonly journal: Journal;
  readonly signal?: AbortSignal;
}

/** A locked node (409) is free again within moments: a deploy must not lose a minute to a pause. */
const longestPauseS = (status: number): number => (status === 409 ? 2 : 10);

const parseAnswer = (text: string, ownToken: string | undefined): LookedUp => {
  const document = JSON.parse(text) as unknown;
  if (!isBag(document) || !isBag(document.node) || typeof document.node.uuid !== 'string' || !isBag(document.config)) {
    throw new Error('the answer to the lookup has no node.uuid and config');
  }
  const { node, config } = document;
  const heartbeatTimeoutS = Number(config.heartbeat_timeout ?? document.heartbeat_timeout);
  if (!(heartbeatTimeoutS > 0)) throw new Error('the answer to the lookup has no heartbeat_timeout');
  if (config.agent_token === masked && !ownToken) throw new TokenWithheld();
  const given =
    typeof config.agent_token === 'string' && config.agent_token !== masked ? config.agent_token : undefined;
  const token = ownToken ?? (given && given.length >= shortestToken ? given : undefined);
  return { node: { ...node, uuid: node.uuid as string }, config, heartbeatTimeoutS, token };
};

/** Asks until the API knows this machine. Pauses double, with chance in them: a rack powers on at once. */
export const lookup = async (options: LookupOptions): Promise<LookedUp> => {
  const deadline = options.timeoutS === 0 ? Infinity : Date.now() + options.timeoutS * 1000;
  let pauseS = options.intervalS;
  for (;;) {
    let status = 0;
    let last: string;
    try {
      const answer = await options.api.lookup(await options.addresses(), options.nodeUuid);
      if (answer.status === 200) return parseAnswer(answer.text, options.ownToken);
      status = answer.status;
      last = `${answer.status} ${answer.text.slice(0, 200)}`;
    } catch (error) {
      if (error instanceof TokenWithheld) throw error;
      last = String(error);
    }
    options.journal.info(`lookup: ${last}`);
    const pauseMs = Math.min(pauseS, longestPauseS(status)) * 1000 * (0.5 + Math.random() / 2);
    if (Date.now() + pauseMs >= deadline) throw new LookupTimedOut(options.timeoutS, last);
    await sleep(pauseMs, undefined, { signal: options.signal });
    pauseS = Math.min(pauseS * 2, 10);
  }
};
