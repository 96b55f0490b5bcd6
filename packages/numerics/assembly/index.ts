/** The one WebAssembly module of this package: everything exported here is callable from TypeScript. */
export { scratch, staging, packedRows, packedColumns, heapBase } from './scratch';
export * from './random';
export * from './elementary';
export * from './scalar';
export * from './hyperbolic';
export * from './blas';
export * from './gemv';
export * from './spmv';
export * from './descent';
export * from './gemm';
export * from './triangular';
