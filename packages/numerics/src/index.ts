export * from './random.js';
export * from './elementary.js';
export * from './statistics.js';
export * from './arena.js';
export * from './blas.js';
export * from './spmv.js';
export * from './descent.js';
export { gemm, type GemmOptions } from './gemm.js';
export { gemmPool, type GemmPool } from './gemm-pool.js';
