import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DEFAULT_SERVER } from '#configuration';
import type { Paint } from '../io.js';
import { FAILING, SHOWN } from './fleet.js';

/** Where everything is, and three things to try. */
export const whatNext = (url: string, folder: string, inRescue: string, paint: Paint): string => {
  const ferrolog = commandFrom(process.cwd());
  const flag = url === DEFAULT_SERVER ? '' : ` --server ${url}`;
  return `
${paint.bold(`Ferrolog keeps serving at ${url}`)} (Ctrl-C ends it)
  Ironic's API     ${url}/v1
  Ferrolog's own   ${url}/ferrolog/v1
  metrics, health  ${url}/metrics  ${url}/readyz
  its data         ${folder}

${paint.bold('Try next, in another terminal:')}
  1. Why did ${FAILING} fail, and what was done with ${SHOWN}?
       ${ferrolog} why ${FAILING}${flag}
       ${ferrolog} timeline ${SHOWN}${flag}
  2. Drive it with the stock client, and see every event as it comes:
       ${ferrolog} follow${flag}
       export OS_AUTH_TYPE=none OS_ENDPOINT=${url}
       baremetal node list
  3. Look at the past: ${SHOWN} when it was in rescue, and what has changed since.
       curl '${url}/ferrolog/v1/nodes/${SHOWN}?as_of=${inRescue}'
       ${ferrolog} diff ${SHOWN} --at ${inRescue}${flag}`;
};

/** How to call this program from a folder: by its path where that is below, else by its name. */
const commandFrom = (folder: string): string => {
  const path = relative(folder, join(import.meta.dirname, '../../../../../apps/cli/bin/ferrolog'));
  return !path.startsWith('..') && existsSync(join(folder, path)) ? path : 'ferrolog';
};
