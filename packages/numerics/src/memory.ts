/**
 * `@assay-ml/numerics/memory`: the one memory in which all kernels of this thread compute, for packages with kernels of their own
 * that work on blocks of `allocate`. `block.array.byteOffset` is a block's address in it.
 */
export { memory } from './wasm.js';
