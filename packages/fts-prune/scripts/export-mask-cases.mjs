/**
 * Writes what pytorch_masks.py works on into a folder: for each case `<case>.json`, and in `<case>.f32` as float32 the
 * parameters, buffers, inputs, random scores and probes, in this order. Needs the built packages.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '@assay-ml/numerics';
import { rademacher, useBackend } from '@assay-ml/tensors';
import { EXAMPLES, maskCase, PIECE, PROBES, SEED } from './mask-cases.mjs';

const folder = process.argv[2];
await useBackend('cpu');
for (const name of ['mlp', 'vggMini']) {
  const { network, weights, data } = maskCase(name);
  const prunable = network.parameters.filter(({ role }) => role === 'kernel');
  const arrays = [...weights.parameters, ...weights.buffers].map((tensor) => tensor.dataSync());
  arrays.push(data.x);
  for (const { name: parameter, shape } of prunable) {
    const scores = new Float64Array(shape.reduce((product, side) => product * side, 1));
    arrays.push(Float32Array.from(stream(SEED, 'random pruning', parameter).fillUniform(scores)));
  }
  const signs = stream(SEED, 'hutchinson');
  for (let piece = 0; piece < EXAMPLES / PIECE; piece++) {
    for (let probe = 0; probe < PROBES; probe++) {
      signs.at(piece, probe);
      for (const { shape } of prunable) arrays.push(rademacher(signs, shape).dataSync());
    }
  }
  const { inputShape, parameters, buffers } = network;
  const spec = { inputShape, parameters, buffers, y: [...data.y], piece: PIECE, probes: PROBES };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(spec));
  writeFileSync(join(folder, `${name}.f32`), Buffer.concat(arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)))); // prettier-ignore
}
