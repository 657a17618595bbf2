// docs/reference/cli.md from the commands in dist/apps/cli (build first). A unit test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../dist/apps/cli/src/program.js';
import { processIo } from '../dist/apps/cli/src/io.js';
import { referenceOf } from '../dist/apps/cli/src/reference.js';

writeFileSync(join(import.meta.dirname, '../docs/reference/cli.md'), referenceOf(createProgram(processIo())));
