export * from './microgrid/index.js';
export * from './controllers/index.js';
export * from './learners/index.js';
