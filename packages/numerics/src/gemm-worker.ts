/** A worker of gemm-pool.ts: says that it has started, then computes one share after the other and says so each time. */
import { gemm } from './gemm.js';
import type { Share } from './gemm-pool.js';

const { parentPort } = globalThis.process?.getBuiltinModule?.('node:worker_threads') ?? {};
const port = (parentPort ?? globalThis) as Pick<Worker, 'onmessage' | 'postMessage'>;

port.onmessage = ({ data }: MessageEvent<Share>) => {
  gemm(...data);
  port.postMessage(null);
};
port.postMessage(null);
