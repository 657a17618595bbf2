// Nothing is imported before the version of Node.js is known to do: old ones fail to read newer syntax.
import module from 'node:module';
import { join } from 'node:path';
import { nodeFault } from './node-version.js';

const fault = nodeFault(process.versions.node);
if (fault) {
  console.error(fault);
  process.exit(2);
}
// Compiled code is kept beside the code it came from; where that cannot be written, every start compiles anew.
module.enableCompileCache(join(import.meta.dirname, '../../../.compile-cache'));
const { processIo } = await import('./io.js');
const { run } = await import('./run.js');

// Whoever reads our output may have seen enough: `ferrolog follow | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await run(process.argv.slice(2), processIo());
// What is still open by now is not waited for; whatever was printed gets out first.
setTimeout(() => process.exit(), 250).unref();
