/**
 * {@link gemm} on several threads. Each worker has the module on a memory of its own and runs `gemm` on a strip of C, the
 * calling thread on the first one; operands lie on shared memory, where all of them read and write.
 *
 * How C is cut changes no bit (see gemm.ts), so neither does the number of threads; nor does an engine, all being computed in
 * WebAssembly.
 */
import { refuseOverlap, requireDoubles } from './border.js';
import { requireOptions as checkNames } from './check.js';
import { through } from './engine-slot.js';
import { checkHow, checkMatrix, checkSize, gemm, NAMES, type GemmOptions } from './gemm.js';

/** Numbers that all threads see: `new Float64Array(new SharedArrayBuffer(8 * length))`. */
type Shared = Float64Array<SharedArrayBuffer>;

/** The arguments of the `gemm` that computes one strip. */
export type Share = Parameters<typeof gemm>;

/** Threads that share the work of a matrix product; see {@link gemmPool}. */
export interface GemmPool {
  /** How many, the calling one included. */
  readonly threads: number;
  /**
   * C ← αAB + βC like the function of this name, with the same bits. Strips run along the longer side of C; the calling
   * thread computes one before it returns to the event loop. Products wait for those that were asked for before, so leave
   * operands alone until the promise settles.
   * @param a A, or Aᵀ with `transposeA`; like b and c on a SharedArrayBuffer
   * @param c must not overlap a or b
   * @returns c
   * @throws TypeError for arrays that are not on shared memory and for what `gemm` refuses by it; RangeError for what `gemm` refuses; Error after `close`,
   *   and where a worker failed, now or before: c may then be half done
   */
  gemm(m: number, n: number, k: number, a: Shared, b: Shared, c: Shared, options?: GemmOptions): Promise<Shared>;
  /** Ends the workers, after the products that were asked for before. A process does not end while a pool is open. */
  close(): Promise<void>;
}

/**
 * Starts workers for matrix products. Two threads pay from about 128 × 128 on; below, handing over takes longer.
 *
 * Works in Node and in pages that are cross-origin isolated. The worker is a file beside this one, which bundlers for
 * the browser take along.
 * @param threads how many compute, the calling one included: 1 starts no worker, more than there are cores gain nothing
 * @throws RangeError when `threads` is not an integer from 1 on; Error where there is no shared memory or no worker starts
 * @example
 * const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
 * const [a, b, c] = [shared(512 * 512), shared(512 * 512), shared(512 * 512)];
 * const pool = await gemmPool(2);
 * await pool.gemm(512, 512, 512, a, b, c);
 * await pool.close();
 */
export async function gemmPool(threads: number): Promise<GemmPool> {
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new RangeError(`gemmPool: 'threads' is ${threads}; must be an integer from 1 on. Count the calling thread.`);
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new Error(
      'gemmPool: there is no SharedArrayBuffer; threads need one. Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or use gemm.',
    );
  }

  // One job at a time: each worker answers once when it has started and once for each share.
  let missing = 0;
  let failure: Error | undefined;
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const answers = (count: number) =>
    new Promise<void>((resolve, reject) => {
      missing = count;
      settle = { resolve, reject };
      if (failure !== undefined) reject(failure);
      else if (count === 0) resolve();
    });
  const answer = () => {
    if (--missing === 0) settle?.resolve();
  };
  const fail = (cause: Error) => {
    failure ??= new Error(`gemmPool: a worker failed: ${cause.message}. Close the pool and make another.`, { cause });
    settle?.reject(failure);
  };
  const workers = Array.from({ length: threads - 1 }, () => startWorker(answer, fail));
  const terminate = async () => void (await Promise.all(workers.map((worker) => worker.terminate())));

  const multiply = async (shares: readonly Share[]) => {
    const done = answers(shares.length - 1);
    if (failure === undefined) {
      for (let i = 1; i < shares.length; i++) workers[i - 1]!.postMessage(shares[i]);
      through(null, () => gemm(...shares[0]!)); // as the workers do, in WebAssembly
    }
    await done;
  };

  try {
    await answers(workers.length);
  } catch (error) {
    await terminate();
    throw error;
  }
  let last = Promise.resolve();
  let closed: Promise<void> | undefined;
  return {
    threads,
    async gemm(m, n, k, a, b, c, options = {}) {
      const shares = cut(threads, m, n, k, a, b, c, options);
      if (closed !== undefined) throw new Error('gemm: the pool is closed; must be open. Make another by gemmPool.');
      const product = last.then(() => multiply(shares));
      last = product.catch(() => undefined);
      await product;
      return c;
    },
    close: () => (closed ??= last.then(terminate)),
  };
}

/** Checks a product and cuts C along its longer side, between tiles of the kernel; at least one share, none other empty. */
function cut(
  threads: number,
  m: number,
  n: number,
  k: number,
  a: Shared,
  b: Shared,
  c: Shared,
  given: GemmOptions,
): Share[] {
  checkNames('gemm', given, NAMES);
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = given;
  checkHow(transposeA, transposeB, alpha, beta);
  checkSize('m', m);
  checkSize('n', n);
  checkSize('k', k);
  checkShared('a', a);
  checkShared('b', b);
  checkShared('c', c);
  // A row of no elements is as long as one of one: gemm takes no smaller leading dimension.
  const lda = Math.max(1, checkMatrix('a', a, transposeA ? k : m, transposeA ? m : k, 'lda', given.lda));
  const ldb = Math.max(1, checkMatrix('b', b, transposeB ? n : k, transposeB ? k : n, 'ldb', given.ldb));
  const ldc = Math.max(1, checkMatrix('c', c, m, n, 'ldc', given.ldc));
  refuseOverlap('gemm', 'c', c, 0, 'a', a, 0);
  refuseOverlap('gemm', 'c', c, 0, 'b', b, 0);

  const options = { transposeA, transposeB, alpha, beta, lda, ldb, ldc };
  const byColumns = n > m;
  const size = byColumns ? n : m;
  const tile = byColumns ? 4 : 5;
  const width = Math.max(1, Math.ceil(size / threads / tile)) * tile;
  const shares: Share[] = [];
  for (let from = 0; from === 0 || from < size; from += width) {
    const lines = Math.min(width, size - from);
    shares.push(
      byColumns
        ? [m, lines, k, a, b.subarray(transposeB ? from * ldb : from), c.subarray(from), options]
        : [lines, n, k, a.subarray(transposeA ? from : from * lda), b, c.subarray(from * ldc), options],
    );
  }
  return shares;
}

function checkShared(option: string, x: Shared): void {
  requireDoubles('gemm', option, x);
  if (!((x.buffer as ArrayBufferLike) instanceof SharedArrayBuffer)) {
    throw new TypeError(
      `gemm: '${option}' is not on shared memory; the workers of a pool must see it. Make it by new Float64Array(new SharedArrayBuffer(8 * length)).`,
    );
  }
}

/** Starts a worker; one that fails or ends says so by `fail`. */
function startWorker(answer: () => void, fail: (cause: Error) => void) {
  // No import: bundlers for the browser would look for the module.
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (node !== undefined) {
    // Flags of this process, such as --input-type, are not for a file.
    return new node.Worker(new URL(/* @vite-ignore */ './gemm-worker.js', import.meta.url), { execArgv: [] })
      .on('message', answer)
      .on('error', fail)
      .on('exit', () => fail(new Error('it has ended')));
  }
  // Bundlers find the file by these very words.
  const worker = new Worker(new URL('./gemm-worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = answer;
  worker.onerror = ({ message = 'its file did not load' }) => fail(new Error(message));
  return worker;
}
