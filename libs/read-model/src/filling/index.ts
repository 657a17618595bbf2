// What a thread needs that only fills a read model: without the queries, and without TypeORM, which takes long to load.
export { fill, type FillSource } from './fill.js';
