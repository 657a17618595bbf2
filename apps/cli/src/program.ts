import { Command } from 'commander';
import { VERSION } from '#configuration';
import { addAfterRestore } from './commands/after-restore.js';
import { addConfig } from './commands/config.js';
import { addDiff } from './commands/diff.js';
import { addDoctor } from './commands/doctor.js';
import { addFollow } from './commands/follow.js';
import { addMigrate } from './commands/migrate.js';
import { addPlan } from './commands/plan.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRebuild } from './commands/rebuild.js';
import { addServe } from './commands/serve.js';
import { addTimeline } from './commands/timeline.js';
import { addWhy } from './commands/why.js';
import type { Io } from './io.js';

/** Every command, with what it takes. The reference in docs/reference/cli.md is made from this. */
export const createProgram = (io: Io): Command => {
  const program = new Command('ferrolog')
    .description('Event-sourced bare-metal provisioning that speaks the REST API of OpenStack Ironic.')
    .version(VERSION, '--version', 'Print the version.')
    .helpOption('-h, --help', 'Explain the command.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => io.out(text.trimEnd()),
      writeErr: text => io.err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'ferrolog: ')),
    });
  for (const add of [addQuickstart, addServe, addConfig, addFollow, addTimeline, addWhy, addPlan, addDiff])
    add(program, io);
  for (const add of [addRebuild, addAfterRestore, addMigrate, addDoctor]) add(program, io);
  return program;
};
