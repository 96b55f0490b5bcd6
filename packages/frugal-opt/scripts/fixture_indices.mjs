/**
 * Writes test/fixtures/indices.json: what FRUGAL's streams draw for the tensors of frugal_fixture.py and baselines_fixture.py, which
 * have no Philox of their own. Run it in a build, then the Python scripts.
 */
import { writeFile } from 'node:fs/promises';
import { stream } from '@assay-ml/numerics';

const [refreshes, seed] = [8, 3];
const choices = (i, n, count) =>
  Array.from({ length: refreshes }, (_, k) => [...stream(seed, 'frugal', i).at(k + 1).choice(n, new Uint32Array(count)).sort()]); // prettier-ignore
const normals = (i, count) =>
  Array.from({ length: refreshes }, (_, k) => [...stream(seed, 'frugal', i).at(k + 1).fillNormal(new Float64Array(count))]); // prettier-ignore
const indices = {
  columns: [choices(0, 8, 2), choices(1, 5, 1)],
  'rand-k': [choices(0, 48, 14), choices(1, 40, 12)],
  // r directions of the shorter sides, 6 and 5.
  'gaussian 2': [normals(0, 12), normals(1, 10)],
  'gaussian 1': [normals(0, 6), normals(1, 5)],
};
await writeFile(new URL('../test/fixtures/indices.json', import.meta.url), `${JSON.stringify(indices)}\n`);
