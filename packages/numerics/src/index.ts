export * from './random.js';
export * from './elementary.js';
