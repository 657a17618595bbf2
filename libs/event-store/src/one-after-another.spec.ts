import { OneAfterAnother } from '#testing';
import { eventStoreContract } from './contract.js';
import { inAFolder } from './contract/in-a-folder.js';

// The contract is made for stores that cannot do what SQLite can, too: here is one.
eventStoreContract(
  'A store that appends to one stream after another',
  inAFolder(sqlite => new OneAfterAnother(sqlite)),
);
