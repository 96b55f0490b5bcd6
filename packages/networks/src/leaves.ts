import { Tensor } from '@tensorflow/tfjs-core';

/** Numbers of an optimiser's state. */
export type Leaf = Tensor | ArrayBufferView;

/** True for a tensor or a typed array. */
function isLeaf(value: unknown): value is Leaf {
  return value instanceof Tensor || ArrayBuffer.isView(value);
}

/**
 * A copy of plain data in which each leaf is replaced.
 * @param path where it lies, e.g. `velocity/0`
 */
export function mapLeaves(value: unknown, replace: (leaf: Leaf, path: string) => unknown, path = ''): unknown {
  if (isLeaf(value)) return replace(value, path);
  if (typeof value !== 'object' || value === null) return value;
  const at = (key: string | number) => (path === '' ? String(key) : `${path}/${key}`);
  if (Array.isArray(value)) return value.map((item, i) => mapLeaves(item, replace, at(i)));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapLeaves(item, replace, at(key))]));
}

/** Its tensors. */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapLeaves(value, (leaf) => leaf instanceof Tensor && found.push(leaf));
  return found;
}
