const OLDEST_MAJOR = 24;

/** Why this Node.js cannot run Ferrolog, or undefined when it can: older ones crash in the SQLite binding. */
export const nodeFault = (version: string): string | undefined =>
  Number.parseInt(version, 10) < OLDEST_MAJOR
    ? `ferrolog: Ferrolog needs Node.js ${OLDEST_MAJOR} or newer, this is ${version}. "npm ci" installs one that apps/cli/bin/ferrolog finds.`
    : undefined;
