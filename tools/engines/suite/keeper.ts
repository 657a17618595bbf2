import { rmSync } from 'node:fs';
import { locked } from '../folder-lock.js';
import { stopStandingKafka } from '../kafka/standing-kafka.js';
import { stopPostgres } from '../postgres.js';
import { suiteFolder } from './suite-folder.js';

/*
 * Ends the engines of a suite, by the ids in their folder, when its input ends: that is when whoever started this
 * process says so, or is gone, in whatever way.
 *
 *   node dist/tools/engines/suite/keeper.js FOLDER
 */

const { path, kafka, postgres } = suiteFolder(process.argv[2]!);
// Ctrl-C goes to the whole group of processes; this one is still needed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
for await (const _ of process.stdin);
await Promise.all([stopStandingKafka(kafka), locked(path, () => stopPostgres(postgres))]);
rmSync(path, { recursive: true, force: true });
