import type { EventData } from '@kurrent/kurrentdb-client';
import { afterEach, beforeEach } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import type { StandIn, StandInOptions } from '../stand-in.js';
import { startStandIn } from '../stand-in.js';
import type { ClientUnderTest, Connection } from './peer.js';
import { connect } from './peer.js';

export interface Scene {
  standIn: StandIn;
  connection: Connection;
  /** Events whose names make their ids: `a b` is always the same two. */
  events(names: string): EventData[];
}

/** A server and a client for each test. */
export const aScene = (client: ClientUnderTest, options: Partial<StandInOptions> = {}): Scene => {
  const scene = {} as Scene;
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = temporaryFolder();
    scene.standIn = await startStandIn({ data: folder.path, ...options });
    scene.connection = connect(client, scene.standIn.connectionString);
  });
  afterEach(async () => {
    await scene.connection.close();
    await scene.standIn.stop();
    folder.remove();
  });
  scene.events = names =>
    names
      .split(' ')
      .filter(Boolean)
      .map(name => client.module.jsonEvent({ id: idOf(name), type: `Event-${name}`, data: { n: 1 } }));
  return scene;
};

const idOf = (name: string): string => {
  const hex = createHash('md5').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
