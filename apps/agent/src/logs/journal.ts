import type { CommandOutput } from '../machine/command-output.js';

/** What the agent did, newest last. It lives in memory, bounded, and is handed out with the logs. */
export class Journal {
  private readonly lines: string[] = [];
  private readonly commands: string[] = [];

  constructor(
    private readonly print: (line: string) => void = () => undefined,
    private readonly capacity = 5000,
  ) {}

  info(message: string): void {
    const line = `${new Date().toISOString()} ${message}`;
    this.keep(this.lines, line);
    this.print(line);
  }

  /** Only failures are printed: the console of a server is slow, and a deploy runs dozens of programs. */
  command(commandLine: string, output: CommandOutput): void {
    const text = `${new Date().toISOString()} $ ${commandLine}\n[${output.code}]\n${output.stdout}${output.stderr}`;
    this.keep(this.commands, text.slice(0, 20_000));
    if (output.code !== 0) this.info(`${commandLine} ended with ${output.code}: ${output.stderr.trim().slice(0, 300)}`);
  }

  text(): string {
    return this.lines.join('\n') + '\n';
  }

  commandsText(): string {
    return this.commands.join('\n') + '\n';
  }

  private keep(list: string[], entry: string): void {
    list.push(entry);
    if (list.length > this.capacity) list.splice(0, list.length - this.capacity);
  }
}
