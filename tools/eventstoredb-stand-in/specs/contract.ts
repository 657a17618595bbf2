import { describe } from '@jest/globals';
import { appendingContract } from './appending-contract.js';
import { clusterContract } from './cluster-contract.js';
import { deletingContract } from './deleting-contract.js';
import { faultsContract } from './faults-contract.js';
import type { ClientUnderTest } from './peer.js';
import { readingContract } from './reading-contract.js';
import { subscribingContract } from './subscribing-contract.js';

/** What was recorded of real servers, asked of the stand-in by one of their clients. */
export const standInContract = (client: ClientUnderTest): void =>
  describe(`The stand-in, asked by ${client.name},`, () => {
    appendingContract(client);
    readingContract(client);
    deletingContract(client);
    subscribingContract(client);
    faultsContract(client);
    clusterContract(client);
  });
