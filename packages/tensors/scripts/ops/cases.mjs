import { algebra } from './algebra.mjs';
import { elementwise } from './elementwise.mjs';
import { image } from './images.mjs';
import { reduction } from './reductions.mjs';
import { shape } from './shapes.mjs';

/** All of the sweep. */
export const cases = [...elementwise, ...reduction, ...shape, ...image, ...algebra];
