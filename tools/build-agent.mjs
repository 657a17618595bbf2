// Gathers the ramdisk's agent into a folder that Node.js runs as it is: `node <folder>/main.js`. It has no packages,
// so there is nothing to bundle; specs and source maps stay behind. Run it after the build.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const source = join(root, 'dist/apps/agent/src');
const target = resolve(process.argv[2] ?? join(root, '.scratch/agent'));

const ships = path => statSync(path).isDirectory() || /(?<!\.spec|test-bench)\.js$/.test(path);

// Only what this script makes is removed: a mistyped folder must not cost anything.
const present = existsSync(target) ? readdirSync(target) : [];
if (present.length > 0 && !present.includes('main.js')) throw new Error(`${target} holds something else than an agent`);
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(source, target, { recursive: true, filter: ships });
writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');
console.log(target);
