/** The one WebAssembly module of this package. It computes in the memory of @assay-ml/numerics and has none of its own. */
export * from './strips';
export * from './project';
