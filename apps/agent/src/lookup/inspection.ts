import { setTimeout as sleep } from 'node:timers/promises';
import { isBag } from '../api/command.js';
import type { Journal } from '../logs/journal.js';
import { exchange, type Trust } from './http.js';

export class InspectionRefused extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(`the inspection was answered ${status}: ${text.slice(0, 300)}`);
  }
}

export interface InspectionCallback {
  readonly url: string;
  readonly data: unknown;
  readonly trust: Trust;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** The first pause; each is half as long again, up to 30 s. */
  readonly pauseS: number;
  readonly journal: Journal;
}

/** Hands the inventory in. No version header: the endpoint wants exactly none. Gives the node's uuid if there is one. */
export const callBack = async (callback: InspectionCallback): Promise<string | undefined> => {
  let pauseS = callback.pauseS;
  for (let attempt = 1; ; attempt++) {
    const failure = await exchange({
      url: callback.url,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(callback.data),
      timeoutMs: callback.timeoutMs,
      trust: callback.trust,
    }).then(
      answer =>
        answer.status < 300 ? { uuid: uuidOf(answer.text) } : new InspectionRefused(answer.status, answer.text),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    if (!(failure instanceof Error)) return failure.uuid;
    const final = failure instanceof InspectionRefused && failure.status !== 409 && failure.status < 500;
    if (final || attempt >= callback.attempts) throw failure;
    callback.journal.info(`inspection, attempt ${attempt}: ${failure.message}`);
    await sleep(pauseS * 1000);
    pauseS = Math.min(pauseS * 1.5, 30);
  }
};

const uuidOf = (text: string): string | undefined => {
  try {
    const document = JSON.parse(text) as unknown;
    if (!isBag(document)) return undefined;
    const uuid = document.uuid ?? (isBag(document.node) ? document.node.uuid : undefined);
    return typeof uuid === 'string' ? uuid : undefined;
  } catch {
    return undefined;
  }
};
