export * from './microgrid/index.js';
export * from './controllers/index.js';
