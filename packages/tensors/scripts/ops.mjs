/**
 * Sweeps the operations of TensorFlow.js over all backends that are here, with and without the cures of this package, and
 * writes packages/tensors/ops.md. Build the package before: it runs what is in dist/.
 *
 * node packages/tensors/scripts/ops.mjs [BACKEND …]
 *
 * Names of backends (cpu, wasm, tensorflow, webgpu) sweep those alone and print the text. Exit code 1 if a check is wrong.
 */
import { writeFile } from 'node:fs/promises';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { format } from 'prettier';
import { cases } from './ops/cases.mjs';
import { report, verdicts } from './ops/report.mjs';
import { reference, resultsOf } from './ops/run.mjs';

const chosen = process.argv.slice(2);
const wanted = await reference();
const reached = new Set();
const byBackend = {};
for (const backend of chosen.length > 0 ? chosen : ['cpu', 'wasm', 'tensorflow']) {
  const [stock, cured] = [
    await resultsOf(backend, 'stock', cases.length),
    await resultsOf(backend, 'cured', cases.length),
  ];
  if (!stock || !cured) {
    console.error(`${backend} is not here`);
    continue;
  }
  for (const line of cured) for (const kernel of line?.kernels ?? []) reached.add(kernel);
  byBackend[backend] = cases.map((c, i) => verdicts(c, wanted[i], stock[i], cured[i]));
}
const unreached = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName).filter((name) => !reached.has(name)).sort(); // prettier-ignore
const text = await format(report(cases, byBackend, unreached), { parser: 'markdown' });
if (chosen.length > 0) console.log(text);
else await writeFile(new URL('../ops.md', import.meta.url), text);
const wrong = Object.values(byBackend).flat(2).filter(({ status }) => ['wrong', 'crash'].includes(status)); // prettier-ignore
if (wrong.length > 0) process.exitCode = 1;
