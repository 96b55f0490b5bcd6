/** What the set-up may touch. */

/** A stream that is written to. */
interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The world around the set-up: a process's own, or a test's. */
export interface SetUpIo {
  /** What was done. */
  readonly stdout: Output;
  /** Progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
