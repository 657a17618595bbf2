// Bundles the ramdisk's agent into one file that Node.js runs as it is. Run it after the build.
import { build } from 'esbuild';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const outfile = resolve(process.argv[2] ?? join(root, '.scratch/agent.mjs'));

await build({
  entryPoints: [join(root, 'dist/apps/agent/src/main.js')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
});
console.log(outfile);
