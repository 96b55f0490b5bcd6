/** Whether backends and engines compute: asked in processes of their own, since a library that does not fit may end its process. */
import { fileURLToPath } from 'node:url';
import type { NativeFound, NativeResult } from '../native.js';
import { SetUpError } from './set-up-error.js';
import { tool, ToolFailed, type ToolOptions } from './tool.js';

/** What became of a backend on this machine. */
export interface BackendFinding {
  readonly name: string;
  readonly ok: boolean;
  /** Version, device, threads, or why it is not there. */
  readonly found: string;
}

/**
 * Loads a build of native TensorFlow in a new process, multiplies and differentiates there.
 * @param folder the build
 * @throws SetUpError when it cannot be loaded or computes something else
 */
export async function selfTest(folder: string, options: ToolOptions): Promise<NativeFound> {
  const result = await ask<NativeResult>('self-test-process.js', [folder], options);
  if (!result.ok) throw new SetUpError(`native: the self-test failed: ${result.reason}`);
  return result;
}

/**
 * Tries every backend in a new process.
 * @throws SetUpError when the process does not come to an end by itself
 */
export const tryBackends = (options: ToolOptions): Promise<readonly BackendFinding[]> =>
  ask('backends-process.js', [], options);

/** The native library that a process took as its engine. */
export interface EngineFound {
  readonly ok: true;
  readonly version: string;
  readonly core: string;
  readonly path: string;
}

/** What became of the engine `blas` on this machine, or of one library. */
export type EngineFinding = EngineFound | { readonly ok: false; readonly reason: string };

/**
 * Chooses a native library as the engine of a new process.
 * @param library its file. Default: the first that `useEngine` finds
 * @throws SetUpError when the process does not come to an end by itself
 */
export const tryEngine = (options: ToolOptions, library?: string): Promise<EngineFinding> =>
  ask('engine-process.js', library === undefined ? [] : [library], options);

/**
 * Chooses a library as the engine of a new process, which compares all its functions with WebAssembly.
 * @throws SetUpError when it does not load, or computes something else
 */
export async function engineSelfTest(library: string, options: ToolOptions): Promise<EngineFound> {
  const result = await tryEngine(options, library);
  if (!result.ok) throw new SetUpError(`native: the self-test failed: ${result.reason}`);
  return result;
}

async function ask<T>(script: string, args: readonly string[], options: ToolOptions): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  try {
    const text = await tool(process.execPath, [path, ...args], { ...options, show: false });
    return JSON.parse(text.trim().split('\n').at(-1)!) as T;
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new SetUpError(`native: the self-test failed: ${error.message}`);
  }
}
