import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Access } from './access.js';
import { handleAppend } from './append.js';
import { handleBatchAppend } from './batch-append.js';
import { Door } from './door.js';
import { EventLog } from './event-log.js';
import { Faults } from './faults.js';
import type { Announced } from './features.js';
import { supported } from './features.js';
import type { Member } from './gossip.js';
import { clusterOf } from './gossip.js';
import { controlServer, infoServer } from './http.js';
import { featuresService, gossipService, multiStreamService, streamsService } from './protocol.js';
import { handleRead } from './read.js';
import { handleAppendSession } from './multi-stream.js';
import { handleDelete, handleTombstone } from './removing.js';
import type { Server } from './server.js';

export interface StandInOptions extends Announced {
  /** Made where it is missing; what is in it is served again. */
  readonly data: string;
  /** 0, the default: any that is free. */
  readonly port?: number;
  /** 127.0.0.1 if not given. */
  readonly host?: string;
  /** Of the control port: 0 for any that is free; without it there is none. */
  readonly controlPort?: number;
  /** PEM. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
  /** `user:password` that every call has to bring. */
  readonly credentials?: string;
}

/** A server in this process. */
export interface StandIn {
  readonly host: string;
  readonly port: number;
  readonly controlUrl: string | undefined;
  /** For both Node clients, and all that know `esdb://`. */
  readonly connectionString: string;
  readonly faults: Faults;
  /** What gossip tells from now on; at the start, that this node leads alone. */
  tellCluster(members: readonly Member[]): void;
  /** All that are open, without a farewell. */
  breakConnections(): void;
  stop(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** @throws Error when a port is taken or the folder cannot be used */
export const startStandIn = async (options: StandInOptions): Promise<StandIn> => {
  const { data, host = '127.0.0.1', port: wantedPort = 0, tls, credentials } = options;
  const faults = new Faults();
  const log = new EventLog(data);
  const http = infoServer(faults);
  const grpc = new GrpcServer({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 100,
  });
  const server: Server = {
    log,
    faults,
    access: new Access(faults, credentials),
    breakConnections: () => door.breakConnections(),
  };
  let members: readonly Member[] = [];
  addServices(grpc, server, options, () => members);
  const door = new Door(await bind(grpc, tls), http);
  const port = await door.open(host, wantedPort);
  members = [{ host, port, state: 'Leader' }];
  faults.onChange(() =>
    door.set(faults.isActive('unavailable') ? 'closed' : faults.isActive('hung') ? 'hung' : 'open'),
  );
  const control = options.controlPort === undefined ? undefined : controlServer(faults);
  const controlUrl = control && `http://127.0.0.1:${await listen(control, options.controlPort!)}`;
  const user = credentials ? `${credentials}@` : '';
  return {
    host,
    port,
    controlUrl,
    connectionString: `esdb://${user}${host}:${port}?tls=${tls ? 'true' : 'false'}`,
    faults,
    tellCluster(told) {
      members = told;
    },
    breakConnections: () => door.breakConnections(),
    async stop() {
      await door.close();
      grpc.forceShutdown();
      control?.close();
      control?.closeAllConnections();
      log.close();
    },
  };
};

const addServices = (
  grpc: GrpcServer,
  server: Server,
  announced: Announced,
  members: () => readonly Member[],
): void => {
  grpc.addService(streamsService, {
    append: handleAppend(server),
    batchAppend: handleBatchAppend(server),
    delete: handleDelete(server),
    tombstone: handleTombstone(server),
    read: handleRead(server),
  });
  if (announced.multiStreamAppend) grpc.addService(multiStreamService, { appendSession: handleAppendSession(server) });
  grpc.addService(featuresService, {
    getSupportedMethods: (_call: unknown, answer: (error: null, value: object) => void) =>
      answer(null, supported(announced)),
  });
  grpc.addService(gossipService, {
    read: (_call: unknown, answer: (error: null, value: object) => void) => answer(null, clusterOf(members())),
  });
};

/** Behind the door: on loopback, any port. */
const bind = (grpc: GrpcServer, tls: StandInOptions['tls']): Promise<number> => {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) =>
    grpc.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
};

const listen = async (server: HttpServer, port: number): Promise<number> => {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
};
