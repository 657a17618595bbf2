import { projectionContract } from '../contract/projection-contract.js';
import { queriesContract } from '../contract/queries-contract.js';
import { sqliteScene } from '../contract/sqlite-scene.js';

projectionContract('SQLite', sqliteScene, 15);
queriesContract('SQLite', sqliteScene);
