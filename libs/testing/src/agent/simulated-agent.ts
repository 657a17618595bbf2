import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Bag } from '#domain';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.js';

/** A command that the agent was given, and how it tells of it. */
export interface GivenCommand {
  readonly id: string;
  /** With its extension. */
  readonly name: string;
  readonly params: Bag;
  status: string;
  error: Bag | null;
  result: Bag | null;
}

type Outcome = { readonly result?: unknown } | { readonly failed: Bag } | { readonly status: string };

export interface AgentBehaviour {
  /** Steps of each kind, by hardware manager. */
  readonly steps?: Readonly<Partial<Record<'clean' | 'deploy' | 'service', Readonly<Record<string, readonly Bag[]>>>>>;
  readonly version?: Bag;
  /** What it is at when it is first spoken to. */
  readonly given?: readonly GivenCommand[];
}

/**
 * An agent in a ramdisk, as far as a conductor sees one: its REST interface over HTTPS on loopback, with a token, one
 * command at a time, and a memory that lasts as long as its boot (Ironic, agent API). Commands in the background run
 * until the test ends them.
 */
export class SimulatedAgent {
  given: GivenCommand[] = [];
  token = '';
  /** Of answers: this many commands are taken and the connection is cut before they are answered. */
  cuts = 0;
  readonly certificate = loopbackCertificate;
  #behaviour: AgentBehaviour = {};
  readonly #server = createServer({ key: loopbackKey, cert: loopbackCertificate }, (request, response) => {
    void this.#handle(request, response);
  });

  static async start(behaviour: AgentBehaviour = {}): Promise<SimulatedAgent> {
    const agent = new SimulatedAgent();
    agent.#behaviour = behaviour;
    await new Promise<void>(resolve => agent.#server.listen(0, '127.0.0.1', resolve));
    return agent;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A new boot: nothing is remembered, and a new token is needed. */
  boot(behaviour?: AgentBehaviour): void {
    if (behaviour) this.#behaviour = behaviour;
    this.given = [...(behaviour?.given ?? [])];
    this.token = '';
  }

  /** Changes what it is without a boot. */
  become(behaviour: AgentBehaviour): void {
    this.#behaviour = behaviour;
  }

  /** Ends the command that runs. */
  end(outcome: Outcome = {}): void {
    const running = this.given.findLast(({ status }) => status === 'RUNNING');
    if (!running) throw new Error('the agent is at nothing');
    if ('failed' in outcome) [running.status, running.error] = ['FAILED', outcome.failed];
    else if ('status' in outcome) running.status = outcome.status;
    else {
      running.status = 'SUCCEEDED';
      const kind = /^(\w+)\.execute_/.exec(running.name)?.[1];
      if (kind) running.result = { [`${kind}_result`]: outcome.result ?? null, [`${kind}_step`]: running.params.step };
    }
  }

  get running(): GivenCommand | undefined {
    return this.given.findLast(({ status }) => status === 'RUNNING');
  }

  /** Steps that it was told to do, in order. */
  get steps(): string[] {
    return this.given
      .filter(({ name }) => name.includes('.execute_'))
      .map(({ params }) => (params.step as { step: string }).step);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://agent');
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const fault = (status: number, faultstring: string) => answer(status, { faultcode: 'Client', faultstring });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (url.searchParams.get('agent_token') !== this.token) return fault(401, '401 Unauthorized: Token invalid.');
    const [, id] = /^\/v1\/commands\/([\w-]*)$/.exec(url.pathname) ?? [];
    if (id === undefined) return fault(404, 'Not found');
    if (request.method === 'GET') {
      if (!id) return answer(200, { commands: this.given.map(shown) });
      const known = this.given.find(command => command.id === id);
      return known ? answer(200, shown(known)) : fault(404, `Not found: Command Result with id ${id} not found.`);
    }
    if (this.running) return fault(409, `Agent is busy: executing command ${shown(this.running).command_name}`);
    const { name, params } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { name: string; params: Bag };
    const command = this.#take(name, params);
    if (this.cuts > 0) {
      this.cuts--;
      request.socket.destroy();
    } else answer(200, shown(command));
  }

  #take(name: string, params: Bag): GivenCommand {
    const command: GivenCommand = { id: randomUUID(), name, params, status: 'SUCCEEDED', error: null, result: null };
    const kind = /^(\w+)\.get_\w+_steps$/.exec(name)?.[1] as 'clean' | undefined;
    if (kind)
      command.result = {
        [`${kind}_steps`]: this.#behaviour.steps?.[kind] ?? {},
        hardware_manager_version: this.#version,
      };
    else if (name === 'standby.get_partition_uuids') command.result = { 'root uuid': '0x1234' };
    else if (name === 'image.install_bootloader') command.status = 'RUNNING';
    else if (name.includes('.execute_')) {
      const version = params[`${name.split('.')[0]}_version`];
      const isOther = JSON.stringify(version) !== JSON.stringify(this.#version);
      command.status = isOther ? 'CLEAN_VERSION_MISMATCH' : 'RUNNING';
    }
    this.given.push(command);
    return command;
  }

  get #version(): Bag {
    return this.#behaviour.version ?? { generic_hardware_manager: '1.2' };
  }
}

const shown = ({ id, name, status, error, result }: GivenCommand) => ({
  id,
  command_name: name.slice(name.indexOf('.') + 1),
  command_status: status,
  command_error: error,
  command_result: result,
});
