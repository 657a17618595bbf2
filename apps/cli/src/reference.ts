import type { Command, Option } from 'commander';
import { clientVariables } from '#configuration';
import { exitCodes } from './failure.js';

/** The page docs/reference/cli.md, made from the definitions of the commands so that it cannot be wrong. */
export const referenceOf = (program: Command): string =>
  [
    `# ${program.name()}: the command line`,
    program.description(),
    table(
      ['command', 'what it does'],
      program.commands.map(command => [
        `[\`${command.name()}\`](#${program.name()}-${command.name()})`,
        command.description(),
      ]),
    ),
    general(program),
    ...program.commands.map(command => section(program, command)),
  ].join('\n\n') + '\n';

const general = (
  program: Command,
): string => `Answers go to standard output: tables for people, JSON with \`--json\`. Errors go to standard error, in a
sentence. Colours are used only on a terminal, and never where \`NO_COLOR\` is set.

| exit code | meaning |
|---|---|
| 0 | done |
| ${exitCodes.failed} | it could not be done; for \`doctor\`: a check failed |
| ${exitCodes.usage} | wrong arguments or configuration |
| ${exitCodes.unreachable} | no server answers |

Which server is asked, and as whom, can be said once for all by ${clientVariables.map(name => `\`${name}\``).join(', ')}.
Every command takes \`--help\`; \`${program.name()} --version\` prints the version.`;

const section = (program: Command, command: Command): string => {
  const twin = program.commands.slice(0, program.commands.indexOf(command)).find(other => sharesMost(command, other));
  const inherited = new Set(twin?.options.map(({ flags }) => flags));
  const own = command.options.filter(({ flags }) => !inherited.has(flags));
  return [
    `## ${program.name()} ${command.name()}`,
    `\`\`\`\n${program.name()} ${command.name()} ${command.usage()}\n\`\`\``,
    command.description(),
    table(['option', ''], own.map(row)),
    ...(twin ? [`And every option of [\`${twin.name()}\`](#${program.name()}-${twin.name()}).`] : []),
  ].join('\n\n');
};

/** Forty options need not be told twice. */
const sharesMost = (command: Command, { options }: Command): boolean =>
  options.length > 10 && options.every(({ flags }) => command.options.some(own => own.flags === flags));

const row = ({ flags, description, defaultValue, mandatory }: Option): string[] => [
  `\`${flags.replaceAll('|', '\\|')}\``,
  [description, defaultValue === undefined ? '' : `Default: ${String(defaultValue)}.`, mandatory ? 'Required.' : '']
    .filter(Boolean)
    .join(' '),
];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
