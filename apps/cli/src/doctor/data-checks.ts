import { existsSync, statfsSync, statSync } from 'node:fs';
import type { DatabaseCheck } from '#apps/server';
import { readConfiguration } from '#configuration';
import { isPrivate } from '#secrets';
import type { Finding } from './finding.js';
import { fail, ok, warn } from './finding.js';

/** Looks at a data folder, whether or not a server runs on it. Writes nothing. */
export const checkData = (
  folder: string,
  environment: Readonly<Record<string, string | undefined>> | undefined,
  checkDatabases: (folder: string) => readonly DatabaseCheck[],
): Finding[] => {
  const { data, masterKey } = readConfiguration({ flags: { data: folder }, environment }).configuration;
  if (!existsSync(data))
    return [fail('data folder', `${data} is not there`, 'name the folder that the server runs on')];
  const databases = checkDatabases(data);
  if (databases.length === 0)
    return [fail('data folder', `${data} holds no databases`, 'name the folder that the server runs on')];
  return [
    privacy(data),
    ...databases.map(({ file, fault }) =>
      fault === undefined ? ok('database', `${file} is sound`) : fail('database', `${file}: ${fault}`, adviceFor(file)),
    ),
    freeSpace(data),
    key(masterKey),
  ];
};

const adviceFor = (file: string): string =>
  file.includes('read-model.')
    ? 'it is made of the events: ferrolog rebuild'
    : 'stop the server and put a backup in its place';

const privacy = (folder: string): Finding =>
  (statSync(folder).mode & 0o077) === 0
    ? ok('data folder', `${folder} is its owner's alone`)
    : warn('data folder', `${folder} is open to other users`, `chmod 700 ${folder}`);

const key = (path: string): Finding => {
  if (!existsSync(path))
    return fail(
      'master key',
      `${path} is not there: nothing that is sealed can be read`,
      'put it back from its backup',
    );
  return isPrivate(statSync(path))
    ? ok('master key', `${path} can be read by nobody else`)
    : fail('master key', `${path} can be read by others, and the server will not start`, `chmod 600 ${path}`);
};

const MIB = 2 ** 20;

const freeSpace = (folder: string): Finding => {
  const { bavail, bsize } = statfsSync(folder);
  const freeMib = Math.floor((bavail * bsize) / MIB);
  if (freeMib < 100) return fail('disk', `${freeMib} MiB are free`, 'make room: writes fail when the disk is full');
  return freeMib < 1024
    ? warn('disk', `${freeMib} MiB are free`, 'make room before the disk is full')
    : ok('disk', `${Math.floor(freeMib / 1024)} GiB are free`);
};
