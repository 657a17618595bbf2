import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresScene } from '../contract/postgres-scene.js';
import { projectionContract } from '../contract/projection-contract.js';
import { queriesContract } from '../contract/queries-contract.js';

const scene = async () => postgresScene(await postgresOfSpecs());

projectionContract('PostgreSQL', scene, 5);
queriesContract('PostgreSQL', scene);
