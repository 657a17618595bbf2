import { join } from 'node:path';

/** Where the processes of one run of a suite find the engines that they share. */
export const VARIABLE = 'ENGINES_OF_SUITE';

export interface SuiteFolder {
  readonly path: string;
  readonly kafka: string;
  readonly postgres: string;
}

/** Of the run that this process is a part of. */
export const ofSuite = (): SuiteFolder | undefined => {
  const path = process.env[VARIABLE];
  return path ? suiteFolder(path) : undefined;
};

export const suiteFolder = (path: string): SuiteFolder => ({
  path,
  kafka: join(path, 'kafka'),
  postgres: join(path, 'postgres'),
});
