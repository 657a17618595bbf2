import { Agent } from './agent.js';
import { Journal } from './logs/journal.js';
import { thisMachine } from './machine/machine.js';
import { commandRunner } from './machine/run-command.js';
import { findParameters } from './parameters/find-parameters.js';

const journal = new Journal(line => process.stdout.write(`ferrolog-agent: ${line}\n`));

// An agent that ended would leave a machine that nobody can command or ask for its logs.
process.on('uncaughtException', error => journal.info(`uncaught: ${error.stack ?? String(error)}`));

const machine = thisMachine(journal, commandRunner(journal));
try {
  const agent = new Agent(machine, await findParameters(machine));
  await agent.start();
} catch (error) {
  journal.info(`the agent cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
