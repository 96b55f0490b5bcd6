/**
 * Many independent runs of one method at once, two runs a vector. Arrays are [d][runs]: a coordinate's runs lie side by
 * side. Every lane is the same sequence of IEEE operations as `update` in src/update.ts, so the bits are the same, but where
 * one dimension is clipped: `update` has L/|g|·g for ±L.
 */
export { fillPareto, fillSkewed } from './noise';
export { advance } from './advance';
