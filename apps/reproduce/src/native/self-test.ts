/** Whether native TensorFlow computes: asked in a process of its own, since a library that does not fit may end it. */
import { fileURLToPath } from 'node:url';
import type { NativeFound, NativeResult } from '@assay-ml/tensors';
import { UsageError } from '../io.js';
import { tool, ToolFailed, type ToolOptions } from './tool.js';

/**
 * Loads a build in a new process, multiplies and differentiates there.
 * @param folder the build
 * @throws UsageError when it cannot be loaded or computes something else
 */
export async function selfTest(folder: string, options: ToolOptions): Promise<NativeFound> {
  const result = await ask(folder, options);
  if (!result.ok) throw new UsageError(`native: the self-test failed: ${result.reason}`);
  return result;
}

/** What the process says about the build in a folder, or about the one that `registerNative` finds. */
export async function ask(folder: string | undefined, options: ToolOptions): Promise<NativeResult> {
  const script = fileURLToPath(new URL('./self-test-process.js', import.meta.url));
  try {
    const text = await tool(process.execPath, folder === undefined ? [script] : [script, folder], {
      ...options,
      show: false,
    });
    return JSON.parse(text.trim().split('\n').at(-1)!) as NativeResult;
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    return { ok: false, reason: error.message };
  }
}
