export * from './random.js';
export * from './elementary.js';
export * from './statistics.js';
export * from './arena.js';
export * from './blas.js';
export * from './descent.js';
export * from './gemm.js';
