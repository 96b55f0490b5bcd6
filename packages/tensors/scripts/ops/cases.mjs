import { algebra } from './algebra.mjs';
import { elementwise } from './elementwise.mjs';
import { image } from './images.mjs';
import { reduction } from './reductions.mjs';
import { shape } from './shapes.mjs';
import { webgpu } from './webgpu.mjs';

const all = [...elementwise, ...reduction, ...shape, ...image, ...algebra];

/**
 * The cases of a backend, of webgpu those of all and then its own.
 * @param {string} backend
 * @param {string} only operations whose name has this text in it; all if empty
 */
export const casesOf = (backend, only) =>
  [...all, ...(backend === 'webgpu' ? webgpu : [])].filter(({ op }) => op.includes(only));
