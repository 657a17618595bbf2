import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildRamdisk } from './ramdisk.js';

// npm run ramdisk [-- --folder F]

const project = resolve(import.meta.dirname, '../../../../..');
const { values } = parseArgs({ options: { folder: { type: 'string', default: join(project, '.scratch/ramdisk') } } });
const agent = join(resolve(values.folder), 'agent.mjs');

execFileSync(process.execPath, [join(project, 'tools/build-agent.mjs'), agent], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
console.log('Fetching Debian packages, where they are not there yet, and packing the ramdisk …');
const { kernel, ramdisk } = await buildRamdisk({ folder: resolve(values.folder), agent, node: process.execPath });
console.log(`kernel   ${kernel}\nramdisk  ${ramdisk}`);
