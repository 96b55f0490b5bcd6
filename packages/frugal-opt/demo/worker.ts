/** Trains apart from the page, which stays alive: gets settings, posts what is told. */
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { session, type Settings, type Told } from './session.js';

self.onmessage = async ({ data }: MessageEvent<Settings>) => {
  const tell = (told: Told) => self.postMessage(told);
  // All its names must have an address; this one is fetched.
  const file = new URL(wasm, self.location.href).href;
  const names = ['tfjs-backend-wasm', 'tfjs-backend-wasm-simd', 'tfjs-backend-wasm-threaded-simd'];
  const paths = Object.fromEntries(names.map((name) => [`${name}.wasm`, file]));
  await session(data, tell, paths).catch((error: Error) => tell({ kind: 'failed', message: error.message }));
};
