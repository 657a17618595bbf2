import { randomUUID } from 'node:crypto';
import type { Journal } from '../logs/journal.js';
import { asProblem, commandExecutionError, Refusal, unexpectedParameter } from '../problem.js';
import type { Command, CommandResult, Extensions, Params } from './command.js';

/** The commands of this agent's life, oldest first. An empty list tells a conductor that the machine just booted. */
export class CommandLog {
  private readonly results: CommandResult[] = [];
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly extensions: Extensions,
    private readonly journal: Journal,
    /** Told after each asynchronous command: the conductor waits for a heartbeat. */
    private readonly onEnd: () => void = () => undefined,
  ) {}

  list(): readonly CommandResult[] {
    return this.results;
  }

  /** The present result, or with `wait` the one at its end. */
  async get(id: string, wait: boolean): Promise<CommandResult> {
    if (wait) await this.running.get(id);
    const found = this.results.find(result => result.id === id);
    if (!found) throw new Refusal(404, `Not found: Command Result with id ${id} not found.`);
    return found;
  }

  async execute(fullName: string, params: Params, wait: boolean): Promise<CommandResult> {
    const { command, name } = this.find(fullName);
    this.refuseWhileBusy();
    command.validate?.(params);
    const id = randomUUID();
    this.results.push({ id, command_name: name, command_status: 'RUNNING', command_error: null, command_result: null });
    this.journal.info(`command ${fullName} begins`);
    const end = this.follow(id, fullName, command, params);
    this.running.set(id, end);
    return this.get(id, wait || command.kind === 'sync');
  }

  /** Runs a command inside another one, without an entry of its own. */
  async runInside(fullName: string, params: Params): Promise<unknown> {
    const { command, name } = this.find(fullName);
    command.validate?.(params);
    return shown(command, name, await checked(command, params));
  }

  private find(fullName: string): { command: Command; name: string } {
    const [extensionName = '', name, ...rest] = fullName.split('.');
    if (!name || rest.length > 0) {
      throw new Refusal(400, `Invalid command: Command name must be of the form <extension>.<command>`);
    }
    const extension = Object.hasOwn(this.extensions, extensionName) ? this.extensions[extensionName] : undefined;
    if (!extension) throw new Refusal(404, `Not found: Extension with id ${extensionName} not found.`);
    const command = Object.hasOwn(extension, name) ? extension[name] : undefined;
    if (!command) throw new Refusal(400, `Invalid command: Unknown command: ${name}`);
    return { command, name };
  }

  private refuseWhileBusy(): void {
    const last = this.results.at(-1);
    if (last?.command_status === 'RUNNING') {
      throw new Refusal(409, `Agent is busy: executing command ${last.command_name}`);
    }
  }

  private async follow(id: string, fullName: string, command: Command, params: Params): Promise<void> {
    const name = fullName.slice(fullName.indexOf('.') + 1);
    try {
      const result = shown(command, name, await checked(command, params));
      this.replace(id, { command_status: 'SUCCEEDED', command_result: result });
      this.journal.info(`command ${fullName} succeeded`);
    } catch (error) {
      const { type, code, message, details } = asProblem(error);
      const status = type === 'VersionMismatch' ? 'CLEAN_VERSION_MISMATCH' : 'FAILED';
      this.replace(id, { command_status: status, command_error: { type, code, message, details } });
      this.journal.info(`command ${fullName} failed: ${type}: ${message}: ${details}`);
    } finally {
      this.running.delete(id);
      if (command.kind === 'async') this.onEnd();
    }
  }

  private replace(id: string, change: Partial<CommandResult>): void {
    const at = this.results.findIndex(result => result.id === id);
    this.results[at] = { ...this.results[at]!, ...change };
  }
}

/** Unlike the agent that this protocol comes from, an unknown parameter fails one command and not the whole list. */
const checked = async (command: Command, params: Params): Promise<unknown> => {
  const unknown = Object.keys(params).filter(key => !Object.hasOwn(command.takes, key));
  if (unknown.length > 0) throw unexpectedParameter(`got an unexpected keyword argument '${unknown[0]}'`);
  const missing = Object.entries(command.takes)
    .filter(([key, need]) => need === 'required' && params[key] === undefined)
    .map(([key]) => `'${key}'`);
  if (missing.length > 0) {
    throw commandExecutionError(`missing ${missing.length} required argument(s): ${missing.join(', ')}`);
  }
  return command.run(params);
};

/** Texts travel in an object; those of asynchronous commands say whose they are. */
const shown = (command: Command, name: string, value: unknown): unknown => {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') return value;
  return { result: command.kind === 'async' ? `${name}: ${value}` : value };
};
