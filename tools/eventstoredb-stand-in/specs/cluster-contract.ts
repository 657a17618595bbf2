import { describe, expect, it } from '@jest/globals';
import type { ClientUnderTest } from './peer.js';
import { collected, connect, refusalOf } from './peer.js';
import { aScene } from './scene.js';

export const clusterContract = (client: ClientUnderTest): void => {
  describe('a cluster that is told:', () => {
    const leader = aScene(client);
    const follower = aScene(client);

    it('a client goes to the leader that gossip tells it of', async () => {
      const [a, b] = [leader.standIn, follower.standIn];
      for (const node of [a, b])
        node.tellCluster([
          { host: b.host, port: b.port, state: 'Follower' },
          { host: a.host, port: a.port, state: 'Leader' },
        ]);
      const both = `esdb://${b.host}:${b.port},${a.host}:${a.port}?tls=false`;
      const cluster = connect(client, both);
      await cluster.append('s', leader.events('a'));
      expect((await collected(leader.connection.client.readStream('s'))).length).toBe(1);
      expect((await collected(cluster.client.readStream('s'))).length).toBe(1);
      await cluster.close();
    });

    it('a client that is sent to the leader works there from the next call on', async () => {
      const { host, port } = leader.standIn;
      await follower.standIn.faults.inject({ kind: 'not-leader', leader: { host, port } });
      const { connection, events } = follower;
      const strict = { requiresLeader: true };
      expect(await refusalOf(connection.append('s', events('a'), 'any', strict))).toMatchObject({ type: 'not-leader' });
      await connection.append('s', events('a'), 'any', strict);
      expect((await collected(leader.connection.client.readStream('s'))).length).toBe(1);
    });
  });

  describe('a server that asks for credentials:', () => {
    const scene = aScene(client, { credentials: 'admin:changeit' });

    // Over a connection in clear, the clients keep credentials to themselves: nobody has signed in.
    it('whoever brings none is refused', async () => {
      expect(await refusalOf(scene.connection.append('s', scene.events('a')))).toMatchObject({ type: 'access-denied' });
      expect(await refusalOf(scene.connection.client.deleteStream('s'))).toMatchObject({
        type: 'access-denied',
        code: 7,
        message: '7 PERMISSION_DENIED: Access Denied',
      });
    });
  });
};
