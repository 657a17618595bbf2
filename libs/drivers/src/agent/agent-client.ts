import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Bag } from '#domain';
import type { EffectAgent, EffectClock } from '../hardware-type.js';
import type { AgentCommand } from './agent-command.js';
import { AgentBusy, AgentRefused, AgentUnreachable } from './agent-errors.js';

export type AgentAddress = Pick<EffectAgent, 'url' | 'verifyCa' | 'token' | 'command'>;

/** On whose behalf: when it is to end, and by which time it pauses. */
export interface AgentCall {
  readonly signal: AbortSignal;
  readonly clock: EffectClock;
}

export interface AgentClientOptions {
  /** One request at the most. */
  readonly timeoutMs?: number;
  /** Of a command, while the agent cannot be reached. */
  readonly attempts?: number;
  readonly pauseMs?: number;
}

/** What a list of an agent's commands may amount to. */
const LARGEST_ANSWER_BYTES = 32 * 2 ** 20;

/**
 * Speaks to agents in ramdisks, over HTTPS with the one certificate that the agent's heartbeat brought. The token
 * travels as a parameter of the address: no error holds an address.
 */
export class AgentClient {
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #pauseMs: number;

  constructor({ timeoutMs = 60_000, attempts = 3, pauseMs = 3_000 }: AgentClientOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#attempts = attempts;
    this.#pauseMs = pauseMs;
  }

  /**
   * Gives a command and answers when it has ended (`wait`) or begun. An answer that is lost is looked for in the
   * agent's own list before the command is given again.
   *
   * @throws AgentUnreachable · AgentBusy · AgentRefused
   */
  async give(
    agent: AgentAddress,
    name: string,
    params: Bag,
    call: AgentCall & { readonly wait: boolean },
  ): Promise<AgentCommand> {
    for (let attempt = 1; ; attempt++) {
      try {
        const path = `/v1/commands/?wait=${call.wait}`;
        return (await this.#ask(agent, 'POST', path, call, { name, params })) as AgentCommand;
      } catch (error) {
        if (!(error instanceof AgentUnreachable) || call.signal.aborted) throw error;
        const delivered = await this.begun(agent, name, call).catch(() => undefined);
        if (delivered) return delivered;
        if (attempt >= this.#attempts) throw error;
        await call.clock.sleep(this.#pauseMs, call.signal);
      }
    }
  }

  /** The last command of the name that was given since the one that is recorded; undefined where there is none. */
  async begun({ command, ...agent }: AgentAddress, name: string, call: AgentCall): Promise<AgentCommand | undefined> {
    const commands = await this.commands({ ...agent, command }, call);
    const since = commands.slice(commands.findIndex(({ id }) => id === command) + 1);
    const short = name.slice(name.indexOf('.') + 1);
    return since.findLast(({ command_name }) => command_name === short);
  }

  /** Oldest first. */
  async commands(agent: AgentAddress, call: AgentCall): Promise<readonly AgentCommand[]> {
    const { commands } = (await this.#ask(agent, 'GET', '/v1/commands/', call)) as { commands?: AgentCommand[] };
    return commands ?? [];
  }

  /** Undefined when the agent has never heard of it: it was started anew since. */
  async command(agent: AgentAddress, id: string, call: AgentCall): Promise<AgentCommand | undefined> {
    try {
      return (await this.#ask(agent, 'GET', `/v1/commands/${id}`, call)) as AgentCommand;
    } catch (error) {
      if (error instanceof AgentRefused && error.status === 404) return undefined;
      throw error;
    }
  }

  async #ask(agent: AgentAddress, method: string, path: string, call: AgentCall, body?: Bag): Promise<object> {
    const url = new URL(path, `${agent.url.replace(/\/+$/, '')}/`);
    url.searchParams.set('agent_token', agent.token);
    const { status, text } = await this.#exchange(url, agent, method, call.signal, body);
    const answer = parsed(text);
    if (status === 200 && answer) return answer;
    const reason = String((answer as { faultstring?: string } | undefined)?.faultstring ?? `status ${status}`);
    if (status === 409 || /agent is busy/i.test(reason)) throw new AgentBusy(reason);
    throw new AgentRefused(status, reason);
  }

  #exchange(
    url: URL,
    { verifyCa }: AgentAddress,
    method: string,
    signal: AbortSignal,
    body?: Bag,
  ): Promise<{ status: number; text: string }> {
    const content = body && Buffer.from(JSON.stringify(body));
    const options = {
      method,
      agent: false as const,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      headers: {
        accept: 'application/json',
        ...(content && { 'content-type': 'application/json', 'content-length': content.length }),
      },
      ...(verifyCa && { ca: verifyCa, minVersion: 'TLSv1.3' as const }),
    };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(signal.aborted ? error : unreachable(url, error, this.#timeoutMs));
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, response => {
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          sizeBytes += chunk.length;
          if (sizeBytes > LARGEST_ANSWER_BYTES) request.destroy(new Error('the answer is too long'));
        });
        response.on('error', fail);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      request.on('error', fail);
      request.end(content);
    });
  }
}

const parsed = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

const unreachable = ({ host }: URL, error: Error, timeoutMs: number): AgentUnreachable => {
  const why = /^(TimeoutError|AbortError)$/.test(error.name) ? `no answer in ${timeoutMs / 1000} s` : error.message;
  return new AgentUnreachable(`the agent at ${host} could not be spoken to: ${why}`);
};
