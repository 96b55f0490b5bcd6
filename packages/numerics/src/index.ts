export * from './random.js';
export * from './elementary.js';
export * from './statistics.js';
