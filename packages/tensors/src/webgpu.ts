/**
 * WebGPU in a browser, and in Node through the optional peer `webgpu` (Dawn).
 *
 * A software adapter (SwiftShader, llvmpipe) is right but slow: it serves checks, so it is labelled, and `auto` passes it by.
 */

interface Adapter {
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly device?: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<Adapter | null>;
}

/** What became of looking for WebGPU. */
export interface WebgpuResult {
  readonly ok: boolean;
  readonly reason: string;
  readonly adapter?: { readonly description: string; readonly software: boolean };
}

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** Dawn's entry, made once: each `create` starts another instance. */
let dawn: { gpu: Gpu; globals: object } | undefined;

async function findGpu(): Promise<{ gpu: Gpu; globals: object } | string> {
  const own = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  if (own) return { gpu: own, globals: {} };
  if (!inNode) return 'this browser has no WebGPU';
  if (dawn) return dawn;
  // A name in a variable: bundlers for the browser must not look for it.
  const specifier = 'webgpu';
  let module: { create(options: string[]): Gpu; globals: object };
  try {
    module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as typeof module;
  } catch {
    return 'the package webgpu is not installed, or has no binary for this machine';
  }
  dawn = { gpu: module.create([]), globals: module.globals };
  return dawn;
}

/**
 * Finds an adapter and registers TensorFlow.js's backend `webgpu` for it.
 * @param allowSoftware take a software adapter too
 */
export async function openWebgpu(allowSoftware: boolean): Promise<WebgpuResult> {
  const found = await findGpu();
  if (typeof found === 'string') return { ok: false, reason: found };
  const adapter = await found.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return { ok: false, reason: 'WebGPU is there, but finds no adapter' };
  const info = adapter.info ?? {};
  const description =
    [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' ') || 'unnamed adapter';
  const software =
    (info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false) ||
    /swiftshader|llvmpipe|lavapipe|software/i.test(description);
  if (software && !allowSoftware) {
    return { ok: false, reason: `only a software adapter (${description}), which auto does not take` };
  }
  if (!(globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu) {
    Object.assign(globalThis, found.globals);
    // Node 21 and newer have a navigator that cannot be assigned to.
    Object.defineProperty(globalThis, 'navigator', { value: { gpu: found.gpu }, configurable: true, writable: true });
  }
  try {
    await import('@tensorflow/tfjs-backend-webgpu');
  } catch {
    return { ok: false, reason: 'the package @tensorflow/tfjs-backend-webgpu is not installed' };
  }
  return {
    ok: true,
    reason: software ? `software adapter ${description}: for checks only` : `adapter ${description}`,
    adapter: { description, software },
  };
}
