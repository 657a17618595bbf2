import type { Command } from 'commander';
import { checkData } from '../doctor/data-checks.js';
import type { Finding } from '../doctor/finding.js';
import { checkServer } from '../doctor/server-checks.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { renderFindings } from '../render/findings.js';
import type { ServerOptions } from '../server/server-options.js';
import { connect, withJson, withServer } from '../server/server-options.js';

interface Options extends ServerOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export const addDoctor = (program: Command, io: Io): void => {
  const command = program
    .command('doctor')
    .description(
      'Looks whether all is well with a server, or with a data folder, and says what to do. Exits 1 on a FAIL.',
    )
    .option('--data <folder>', 'Looks at a data folder: databases, disk, key. The server too if --server is given.');
  withServer(withJson(command)).action(async ({ data, json, ...server }: Options) => {
    const findings: Finding[] = data === undefined ? [] : await checkFolder(data, io);
    if (data === undefined || server.server !== undefined) findings.push(...(await checkServer(connect(server, io))));
    io.out(json ? JSON.stringify({ findings }, null, 2) : renderFindings(findings, io.paint));
    const failed = findings.filter(({ level }) => level === 'FAIL').length;
    if (failed > 0) throw new Failure(failed === 1 ? 'One check failed.' : `${failed} checks failed.`);
  });
};

const checkFolder = async (folder: string, io: Io): Promise<Finding[]> => {
  const { checkDatabases } = await import('#apps/server');
  return checkData(folder, io.environment, checkDatabases);
};
