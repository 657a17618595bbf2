import { StandInProcess } from '#testing';
import { eventStoreContract } from '../contract.js';
import { KurrentDbEventStore } from './kurrentdb-event-store.js';

/** A real server where there is one; else a stand-in for each store. */
const url = process.env.KURRENTDB_URL;
process.stdout.write(`KurrentDB's contract runs against ${url ? 'the server of KURRENTDB_URL' : 'the stand-in'}\n`);

eventStoreContract(
  url ? 'A store on KurrentDB' : 'A store on the stand-in for EventStoreDB',
  async () => {
    const standIn = url ? undefined : await StandInProcess.start();
    const open = () => KurrentDbEventStore.connect({ connectionString: url ?? standIn!.connectionString, clock: Date });
    let store = await open();
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await open());
      },
      dispose: async () => {
        await store.close();
        await standIn?.dispose();
      },
    };
  },
  20_000,
);
