import { FakeMemory } from '#drivers';
import { readConfiguration } from '#configuration';
import { createLogger } from '../logger.js';
import { startServer } from '../server.js';

// The server, with a plug that a test pulls: at the n-th event of a node, in the turn of its commit, or at the n-th
// mark that a fake machine makes. What dies so dies as by a power cut: nothing is flushed, nobody is told.

const plug = { ...process.env };
for (const name of ['CRASH_AT_EVENT', 'CRASH_AT_MARK']) delete process.env[name];
const die = () => process.kill(process.pid, 'SIGKILL');

let events = 0;
let marks = 0;

class Plugged extends FakeMemory {
  override mark(mark: 'begun' | 'ended', id: string): void {
    super.mark(mark, id);
    if (++marks === Number(plug.CRASH_AT_MARK)) die();
  }
}

const { configuration } = readConfiguration();
const server = await startServer(configuration, createLogger(configuration), {
  fakeMemory: path => new Plugged(path),
  onCommit: committed => {
    for (const event of committed)
      if (event.stream.startsWith('node-') && ++events === Number(plug.CRASH_AT_EVENT)) die();
  },
});
console.log(`Ferrolog answers at ${server.url}`);
process.on('SIGTERM', () => void server.stop());
