/**
 * Sweeps the operations of TensorFlow.js over the backends that are here, with and without the cures of this package, and
 * writes packages/tensors/ops.md. Build the package before: it runs what is in dist/.
 *
 * node packages/tensors/scripts/ops.mjs [BACKEND …] [--only TEXT]
 *
 * Names of backends (cpu, wasm, tensorflow, webgpu) sweep those alone. The columns of those that were not swept, or are not
 * here, stay as they were (scripts/ops/columns.json keeps them). --only sweeps the operations whose name has the text in it,
 * and prints what it finds. Exit code 1 if a check is wrong.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { format } from 'prettier';
import { casesOf } from './ops/cases.mjs';
import { columnOf, report } from './ops/report.mjs';
import { reference, resultsOf } from './ops/run.mjs';

const BACKENDS = ['cpu', 'wasm', 'tensorflow', 'webgpu'];
const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
});

const references = await reference(options.only);
const swept = {};
for (const backend of positionals.length > 0 ? positionals : BACKENDS) {
  const [stock, cured] = [
    await resultsOf(backend, 'stock', options.only),
    await resultsOf(backend, 'cured', options.only),
  ];
  if (!stock || !cured) {
    console.error(`${backend} is not here`);
    continue;
  }
  const cases = casesOf(backend, options.only);
  const reached = new Set(cured.flatMap((line) => line?.kernels ?? []));
  const kernels = tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
  swept[backend] = {
    adapter: cured.find((line) => line?.adapter)?.adapter,
    ...columnOf(backend, cases, references, stock, cured),
    unreached: options.only === '' ? kernels.filter((name) => !reached.has(name)).sort() : [],
  };
}

if (options.only !== '') console.log(report(swept));
else {
  const file = new URL('ops/columns.json', import.meta.url);
  const all = { ...JSON.parse(await readFile(file, 'utf8')), ...swept };
  const columns = Object.fromEntries(BACKENDS.flatMap((backend) => (all[backend] ? [[backend, all[backend]]] : [])));
  await writeFile(file, await format(JSON.stringify(columns), { parser: 'json', printWidth: 120 }));
  await writeFile(new URL('../ops.md', import.meta.url), await format(report(columns), { parser: 'markdown' }));
}
const wrong = Object.values(swept).flatMap(({ rest }) => rest.filter((line) => /: (wrong|crash)$/.test(line)));
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
}
