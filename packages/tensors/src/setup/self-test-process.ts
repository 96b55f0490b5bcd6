/** The process of a build's self-test: `node self-test-process.js <folder>`. Its last line is a `NativeResult`. */
import { registerNative, type NativeResult } from '../native.js';
import * as tf from '@tensorflow/tfjs-core';
import { computes } from './computes.js';

async function result(folder: string): Promise<NativeResult> {
  const native = await registerNative({ folder });
  if (!native.ok) return native;
  if (!(await tf.setBackend('tensorflow'))) return { ok: false, reason: `${native.reason} does not start` };
  return (await computes()) ? native : { ok: false, reason: `${native.reason} computes a wrong product or gradient` };
}

process.stdout.write(`${JSON.stringify(await result(process.argv[2]!))}\n`);
