import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const entrance = new URL('./index.js', import.meta.url).href;
const tell = `
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      packages.add(/node_modules\\/((@[^/]+\\/)?[^/]+)/.exec(url)?.[1]);
      return next(url, context);
    },
  });
  await import(${JSON.stringify(entrance)});
  console.log(JSON.stringify([...packages]));`;

it('The server loads no client of an engine before it is told to use one', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', tell]);
  const loaded = JSON.parse(stdout) as (string | null)[];
  expect(loaded).toContain('better-sqlite3');
  for (const client of ['pg', 'kafkajs', '@kurrent/kurrentdb-client', '@grpc/grpc-js'])
    expect(loaded).not.toContain(client);
});
